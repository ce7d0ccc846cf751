package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.Jars;
import acme.Programs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShipmentTest {
    @TempDir
    Path directory;

    @Test
    void filesFoldersAndJarsAreToldApart() throws IOException {
        Path file = file("rules.txt");
        Path folder = file("models/deep/one.bin").getParent().getParent();
        Path jar = Jars.write(directory.resolve("driver.jar"), Programs.Good.class);
        Shipment shipment = ship(file + "," + folder, jar.toString());
        assertThat(shipment.files()).containsExactly(file);
        assertThat(shipment.folders()).containsExactly(folder);
        assertThat(shipment.jars()).containsExactly(jar);
    }

    @Test
    void aMissingFileIsRefusedWithTheNearest() throws IOException {
        file("rules.txt");
        assertRefused(
                directory.resolve("rule.txt").toString(),
                "",
                "There is no file " + directory.resolve("rule.txt") + " (selvage.application.ship). Did you mean "
                        + directory.resolve("rules.txt") + "?");
        assertRefused(
                "",
                directory.resolve("no/driver.jar").toString(),
                "There is no file " + directory.resolve("no/driver.jar")
                        + " (selvage.application.jars). There is no folder " + directory.resolve("no") + " either.");
    }

    @Test
    void aNameThatIsTakenOrThereTwiceIsRefused() throws IOException {
        Path lib = file("lib/x.txt").getParent();
        assertRefused(
                lib.toString(),
                "",
                lib + " can't be shipped: the name \"lib\" is taken in the working directories of the session's"
                        + " processes. Give it another one.");
        Path one = file("a/rules.txt");
        Path other = file("b/rules.txt");
        assertRefused(
                one + "," + other,
                "",
                other + " and " + one + " have one name (selvage.application.ship), and only one of them can have it on"
                        + " a node. Rename one.");
    }

    /** A sweep would take them for what somebody has left behind. */
    @Test
    void whatTheLibraryStoreWouldTakeForItsOwnIsRefusedAndOtherHiddenFilesAreNot() throws IOException {
        for (String name : List.of(".selvage-used", ".selvage-x", ".cache.tmp")) {
            Path taken = file(name);
            String sentence = taken + " can't be shipped: files that are called so, beginning with .selvage- or with a"
                    + " dot and ending with .tmp, are taken for the library store's own. Give it another name.";
            assertRefused(taken.toString(), "", sentence);
            assertRefused("", taken.toString(), sentence);
        }
        Path folder = file(".deep.tmp/.selvage-x").getParent();
        String all = file(".env") + "," + file("cache.tmp") + "," + file(".hidden") + "," + folder;
        assertThat(ship(all, "").files()).hasSize(3);
        assertThat(ship(all, "").folders()).containsExactly(folder);
    }

    @Test
    void anEmptyFolderIsRefused() throws IOException {
        Path empty = Files.createDirectories(directory.resolve("empty/deeper")).getParent();
        assertRefused(empty.toString(), "", "The folder " + empty + " holds no file, so there is nothing to ship.");
    }

    @Test
    void aLinkThatLeadsBackIsRefused() throws IOException {
        Path folder = file("loop/x.txt").getParent();
        Files.createSymbolicLink(folder.resolve("again"), folder);
        assertThatThrownBy(() -> ship(folder.toString(), ""))
                .isInstanceOf(ClientException.class)
                .hasMessageStartingWith("The folder " + folder + " can't be shipped: a link in it leads back to ");
    }

    @Test
    void whatCantBeReadIsRefused() throws IOException {
        Path folder = file("links/x.txt").getParent();
        Path broken = Files.createSymbolicLink(folder.resolve("broken"), directory.resolve("nowhere"));
        assertRefused(folder.toString(), "", broken + " is no regular file, and only these can be shipped.");
    }

    @Test
    void aJarIsOne() throws IOException {
        Path text = file("driver.jar");
        assertThatThrownBy(() -> ship("", text.toString()))
                .hasMessageStartingWith(text + " is not a jar (selvage.application.jars). Ship other files with -t: ");
        Path folder = file("jars/x.txt").getParent();
        assertRefused("", folder.toString(), folder + " is a folder. Name each of its jars with -j.");
    }

    private void assertRefused(String paths, String jars, String sentence) {
        assertThatThrownBy(() -> ship(paths, jars))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
                .hasMessage(sentence);
    }

    private static Shipment ship(String paths, String jars) {
        return Shipment.of(SessionConfig.from(Configuration.defaults()
                        .with(
                                Map.of("selvage.application.ship", paths, "selvage.application.jars", jars),
                                "in the test"))
                .application());
    }

    private Path file(String name) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "content of " + name);
    }
}
