package io.selvage.client.program;

import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A jar that holds a program.
 *
 * @param mainClass the class whose {@code main} is run
 */
public record ProgramJar(Path path, String mainClass) {
    /**
     * Looks into the jar.
     *
     * @param mainClass null for the manifest's
     * @throws ClientException if it is no readable jar, or names no such class
     */
    public static ProgramJar open(Path path, @Nullable String mainClass) {
        if (!Files.exists(path)) {
            throw bad("There is no file " + path + ". Name the jar that holds the program.");
        }
        if (LibraryStore.isTaken(String.valueOf(path.getFileName()))) {
            throw bad(path + " can't be a program's jar: " + LibraryStore.WHY_TAKEN);
        }
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw bad(path + " can't be read as a jar. Name a jar file that you may read.");
        }
        try (JarFile jar = new JarFile(path.toFile())) {
            String name = mainClass != null ? mainClass : mainClassOf(jar, path);
            if (jar.getEntry(name.replace('.', '/') + ".class") == null) {
                throw bad("There is no class " + name + " in " + path + ". Name the program's class with -c CLASS.");
            }
            return new ProgramJar(path.toAbsolutePath(), name);
        } catch (ZipException notAZip) {
            throw new ClientException(
                    ExitCode.BAD_INPUT, path + " is not a jar. Name the jar that holds the program.", notAZip);
        } catch (IOException unreadable) {
            throw new ClientException(
                    ExitCode.BAD_INPUT, path + " can't be read: " + unreadable.getMessage() + ".", unreadable);
        }
    }

    private static String mainClassOf(JarFile jar, Path path) throws IOException {
        Manifest manifest = jar.getManifest();
        String name = manifest == null ? null : manifest.getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
        if (name == null) {
            throw bad("The manifest of " + path + " has no Main-Class. Name the program's class with -c CLASS.");
        }
        return name.strip();
    }

    private static ClientException bad(String message) {
        return new ClientException(ExitCode.BAD_INPUT, message);
    }
}
