package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.client.exit.ClientException;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On local files. */
class SharedRuntimeTest {
    @TempDir
    Path local;

    private String root;

    @BeforeEach
    void layOut() throws IOException {
        Files.setPosixFilePermissions(local, PosixFilePermissions.fromString("rwxr-xr-x"));
        root = "file:" + local.resolve("shared");
    }

    private Distribution installation(String version) throws IOException {
        Path lib = Files.createDirectories(local.resolve(version).resolve("lib"));
        try (OutputStream out = Files.newOutputStream(lib.resolve("a.jar"));
                ZipOutputStream jar = new ZipOutputStream(out)) {
            jar.putNextEntry(new ZipEntry("version-" + version));
            jar.closeEntry();
        }
        return Distribution.at(local.resolve(version));
    }

    private LibraryFile put(Distribution installation) {
        return SharedRuntime.put(
                root, new Configuration(), installation, local.resolve("cache"), local.resolve("hashes"));
    }

    private List<SharedLibraries.Shared> others(Distribution installation) {
        return SharedRuntime.others(
                root, new Configuration(), installation, local.resolve("cache"), local.resolve("hashes"));
    }

    @Test
    void theOthersAreThoseOfOtherInstallations() throws IOException {
        Distribution old = installation("1");
        Distribution current = installation("2");
        assertThat(others(current)).as("there is nothing yet").isEmpty();
        LibraryFile ofOld = put(old);
        put(current);
        assertThat(others(current))
                .containsExactly(new SharedLibraries.Shared(
                        ofOld.getPath().substring(0, ofOld.getPath().lastIndexOf('/')),
                        ofOld.getSha256(),
                        ofOld.getLength(),
                        ofOld.getModificationTimeMillis()));
    }

    @Test
    void aRootThatIsAnotherDirectoryForEachUserIsRefused() throws IOException {
        Distribution installation = installation("1");
        root = "shared";
        assertThatThrownBy(() -> others(installation))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("Begin it with / or hdfs://");
    }
}
