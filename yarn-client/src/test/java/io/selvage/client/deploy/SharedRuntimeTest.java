package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On local files. */
class SharedRuntimeTest {
    @TempDir
    Path local;

    private Distribution installation() throws IOException {
        Path lib = Files.createDirectories(local.resolve("lib"));
        try (OutputStream out = Files.newOutputStream(lib.resolve("a.jar"));
                ZipOutputStream jar = new ZipOutputStream(out)) {
            jar.putNextEntry(new ZipEntry("entry"));
            jar.closeEntry();
        }
        return Distribution.at(local);
    }

    @Test
    void aRootThatIsAnotherDirectoryForEachUserIsRefused() throws IOException {
        Distribution installation = installation();
        assertThatThrownBy(() -> SharedRuntime.look(
                        "shared", new Configuration(), installation, local.resolve("cache"), local.resolve("hashes")))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("Begin it with / or hdfs://");
    }
}
