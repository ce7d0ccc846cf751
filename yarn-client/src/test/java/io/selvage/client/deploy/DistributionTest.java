package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistributionTest {
    @TempDir
    Path home;

    @Test
    void anUnpackedDistributionHasItsJarsInLib() throws IOException {
        Path lib = Files.createDirectories(home.resolve("lib"));
        Files.createFile(lib.resolve("b.jar"));
        Files.createFile(lib.resolve("a.jar"));
        Files.createFile(lib.resolve("readme.txt"));
        assertThat(Distribution.at(home).jars()).containsExactly(lib.resolve("a.jar"), lib.resolve("b.jar"));
    }

    @Test
    void aBuiltCheckoutHasThemBelowTarget() throws IOException {
        Path lib = Files.createDirectories(home.resolve("yarn-client/target/selvage/lib"));
        assertThat(Distribution.at(home).libraries()).isEqualTo(lib);
    }

    @Test
    void aCheckoutThatWasNotBuiltIsRefusedWithTheCommand() {
        assertThatThrownBy(() -> Distribution.at(home)).hasMessageContaining("./mvnw -q package -DskipTests");
    }
}
