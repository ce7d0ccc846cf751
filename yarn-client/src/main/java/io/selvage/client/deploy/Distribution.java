package io.selvage.client.deploy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Selvage as it is installed on this host.
 *
 * @param libraries the folder of jars, all of which a session's processes get
 * @param configuration the folder of selvage.yaml and the log settings
 */
public record Distribution(Path libraries, Path configuration) {
    /** The folder below the root of a source checkout that a build leaves the jars in. */
    private static final Path BUILT_LIBRARIES = Path.of("yarn-client", "target", "selvage", "lib");

    /** @param home the root of an unpacked distribution, or of a source checkout that was built */
    public static Distribution at(Path home) {
        Path libraries = home.resolve("lib");
        if (!Files.isDirectory(libraries)) {
            libraries = home.resolve(BUILT_LIBRARIES);
        }
        if (!Files.isDirectory(libraries)) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "There are no libraries of Selvage below " + home
                            + ". In a source checkout, build them first: ./mvnw -q package -DskipTests");
        }
        return new Distribution(libraries, home.resolve("conf"));
    }

    /** Every jar, by name. */
    public List<Path> jars() {
        try (Stream<Path> files = Files.list(libraries)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    public Path settingsFile() {
        return configuration.resolve("selvage.yaml");
    }

    /** The log settings of the processes in containers. */
    public Path containerLogSettings() {
        return configuration.resolve("log4j-container.properties");
    }
}
