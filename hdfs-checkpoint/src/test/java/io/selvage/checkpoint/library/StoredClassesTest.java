package io.selvage.checkpoint.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoredClassesTest {
    private static final long HOUR_MILLIS = 3_600_000;
    private static final String RUNTIME = "ab".repeat(32);

    @TempDir
    private Path local;

    private final FakeDisk disk = new FakeDisk();
    private StoredClasses classes;
    private long nowMillis;
    private Path archive;

    @BeforeEach
    void writeArchive() throws IOException {
        classes = new StoredClasses(disk.open(), RUNTIME, () -> Instant.ofEpochMilli(nowMillis));
        archive = Files.writeString(local.resolve("made"), "mapped ".repeat(1000));
    }

    @Test
    void theFirstListOfEachRoleIsKept() throws IOException {
        assertThat(classes.findList(ProcessRole.MASTER)).isEmpty();
        assertThat(classes.hasList(ProcessRole.MASTER)).isFalse();
        classes.offerList(ProcessRole.MASTER, bytes("a/B\n"));
        classes.offerList(ProcessRole.MASTER, bytes("c/D\n"));
        assertThat(classes.findList(ProcessRole.MASTER)).hasValue(bytes("a/B\n"));
        assertThat(classes.hasList(ProcessRole.MASTER)).isTrue();
        assertThat(classes.findList(ProcessRole.EXECUTOR)).isEmpty();
    }

    @Test
    void anArchiveIsFetchedByItsLikeAlone() throws IOException {
        Path target = local.resolve("fetched");
        assertThat(classes.hasArchive("0a")).isFalse();
        assertThat(classes.tryFetchArchive("0a", target)).isFalse();
        classes.offerArchive("0a", archive);
        assertThat(classes.hasArchive("0a")).isTrue();
        assertThat(classes.tryFetchArchive("0b", target)).isFalse();
        assertThat(target).doesNotExist();
        assertThat(new StoredClasses(disk.open(), "cd".repeat(32)).tryFetchArchive("0a", target))
                .as("another runtime's")
                .isFalse();
        assertThat(classes.tryFetchArchive("0a", target)).isTrue();
        assertThat(target).hasSameBinaryContentAs(archive);
    }

    @Test
    void oneProcessOfAllMakesTheArchiveOfEachMachine() throws IOException {
        assertThat(classes.tryClaim("0a", HOUR_MILLIS)).isTrue();
        assertThat(classes.tryClaim("0a", HOUR_MILLIS)).isFalse();
        assertThat(classes.tryClaim("0b", HOUR_MILLIS)).isTrue();
        assertThat(classes.takeNewestArchive()).isEmpty();
        nowMillis += 2 * HOUR_MILLIS;
        assertThat(classes.tryClaim("0a", HOUR_MILLIS)).as("of a dead process").isTrue();
    }

    @Test
    void aSessionIsGivenTheNewest() throws IOException {
        assertThat(classes.takeNewestArchive()).isEmpty();
        assertThat(disk.open().list("libraries"))
                .as("nothing is made by the question")
                .isEmpty();
        classes.offerArchive("0b", archive);
        classes.offerArchive("0a", archive);
        LibraryFile taken = classes.takeNewestArchive().orElseThrow();
        assertThat(StoredClasses.machineOf(taken)).isEqualTo("0a");
        assertThat(taken.getPath()).endsWith("/libraries/" + taken.getSha256() + "/0a.zip");
        assertThat(taken.getLength())
                .isEqualTo(disk.open()
                        .status("libraries/" + taken.getSha256() + "/0a.zip")
                        .orElseThrow()
                        .length());
        assertThat(StoredClasses.machineOf(LibraryFile.getDefaultInstance())).isEmpty();
    }

    @Test
    void oneThatIsBeingDeletedIsNotTakenAndOneThatWasTakenIsNotDeleted() throws IOException {
        classes.offerArchive("0a", archive);
        String directory =
                "libraries/" + classes.takeNewestArchive().orElseThrow().getSha256();
        LibraryMarks marks = new LibraryMarks(disk.open());
        disk.pass(Duration.ofDays(8));
        long before = marks.lastUsedMillis(directory);
        assertThat(classes.takeNewestArchive()).isPresent();
        assertThat(marks.tryDelete(directory, before)).isFalse();
        assertThat(classes.takeNewestArchive()).isPresent();

        disk.open().create(directory + "/.selvage-sweep-of-another").close();
        assertThat(classes.takeNewestArchive()).isEmpty();
    }

    @Test
    void whatCanNotBeWrittenIsSaid() throws IOException {
        StoredClasses failing = new StoredClasses(
                disk.open((call, path) ->
                        !call.equals("status") && path.contains(".zip") ? Fault.FAILS_BEFORE : Fault.NONE),
                RUNTIME);
        assertThatThrownBy(() -> failing.offerArchive("0a", archive))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("0a.zip could not be written");
        assertThat(classes.takeNewestArchive()).isEmpty();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
