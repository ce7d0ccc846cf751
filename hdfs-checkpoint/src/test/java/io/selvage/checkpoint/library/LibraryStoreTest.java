package io.selvage.checkpoint.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.checkpoint.store.StoredFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LibraryStoreTest {
    private static final String SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private static final String SESSION = "application_1_0001";
    private static final int CLIENTS = 8;
    private static final Instant LONG_AGO = Instant.parse("2026-01-02T03:04:05.678Z");

    private final FakeDisk disk = new FakeDisk();

    @TempDir
    private Path local;

    private Path cacheFile;

    @BeforeEach
    void chooseCacheFile() {
        cacheFile = local.resolve("cache/hashes");
    }

    @Test
    void aFileLiesUnderItsHashAndName() throws IOException {
        LibraryEntry entry = library().publish(file("app.jar", "abc"));
        assertThat(entry.sha256()).isEqualTo(SHA256_OF_ABC);
        assertThat(entry.name()).isEqualTo("app.jar");
        assertThat(entry.path()).isEqualTo("fake:/libraries/" + SHA256_OF_ABC + "/app.jar");
        assertThat(entry.length()).isEqualTo(3);
        assertThat(entry.modificationTimeMillis()).isPositive();
        assertThat(disk.bytes("libraries/" + SHA256_OF_ABC + "/app.jar"))
                .isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
        assertThat(LibraryEntry.fromWire(entry.toWire())).isEqualTo(entry);
    }

    @Test
    void whatTheStoreHasIsNotUploadedAgain() throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            files.add(file("lib-" + i + ".jar", "content " + i));
        }
        Published first = library().publishAll(files.subList(0, 12), LibraryProgress.SILENT);
        List<String> before = disk.history();
        List<String> told = new ArrayList<>();
        Published second = library()
                .publishAll(
                        files,
                        (entry, uploaded, done, total) -> told.add(entry.name() + uploaded + done + "/" + total));
        assertThat(first.uploaded()).isEqualTo(12);
        assertThat(second.uploaded()).isEqualTo(8);
        assertThat(second.reused()).isEqualTo(12);
        assertThat(second.uploadedBytes()).isEqualTo("content 12".length() * 8L);
        assertThat(second.entries())
                .extracting(LibraryEntry::name)
                .containsExactlyElementsOf(files.stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
        assertThat(second.entries().subList(0, 12)).isEqualTo(first.entries());
        assertThat(told).hasSize(20).last().asString().endsWith("20/20");
        assertThat(disk.history().size() - before.size()).isEqualTo(8 * 4);
    }

    @Test
    void aFileOfAnotherLengthUnderTheHashIsRefused() throws IOException {
        disk.overwrite("libraries/" + SHA256_OF_ABC + "/app.jar", new byte[9]);
        assertThatThrownBy(() -> library().publish(file("app.jar", "abc")))
                .hasMessageContaining("has 9 bytes")
                .hasMessageContaining("Delete it and submit again");
    }

    @Test
    void anUploadThatFailsLeavesNothingUnderTheHash() throws IOException {
        LibraryStore broken = library(disk.open(
                (call, path) -> call.equals("sync") && path.contains(".app.jar.") ? Fault.FAILS_BEFORE : Fault.NONE));
        assertThatThrownBy(() -> broken.publish(file("app.jar", "abc")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("app.jar could not be uploaded to fake:/libraries/");
        assertThat(disk.paths()).containsExactly("libraries/" + SHA256_OF_ABC + "/.selvage-used");
        assertThat(library().publish(file("app.jar", "abc")).length()).isEqualTo(3);
    }

    /** All have begun to upload before the first of them is done; one dies in that call, and does nothing any more. */
    @ParameterizedTest
    @ValueSource(strings = {"sync", "close", "rename", "delete"})
    @Timeout(60)
    void ofManyWhoUploadTheSameAtOnceOneWinsAndNobodyFailsButWhoDies(String deadly) throws Exception {
        Path file = file("app.jar", "abc");
        CyclicBarrier allWrite = new CyclicBarrier(CLIENTS);
        AtomicBoolean isDead = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Future<Published>> publications = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            boolean isMortal = client == 0;
            LibraryStore library = new LibraryStore(
                    disk.open((call, path) -> {
                        boolean isOfFile = path.contains("app.jar");
                        if (isOfFile && call.equals("sync")) {
                            await(allWrite);
                        }
                        if (isMortal && (isDead.get() || isOfFile && call.equals(deadly))) {
                            isDead.set(true);
                            return Fault.CRASHES;
                        }
                        return Fault.NONE;
                    }),
                    HashCache.open(local.resolve("hashes-" + client)),
                    SESSION);
            publications.add(clients.submit(() -> library.publishAll(List.of(file), LibraryProgress.SILENT)));
        }
        clients.shutdown();

        List<Published> done = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            try {
                done.add(publications.get(client).get());
            } catch (ExecutionException failed) {
                assertThat(client).as("who failed: " + failed).isZero();
                assertThat(isDead).isTrue();
            }
        }
        assertThat(done).hasSizeGreaterThanOrEqualTo(CLIENTS - 1);
        assertThat(done.stream().flatMap(each -> each.entries().stream()).distinct())
                .as("all were given the same file")
                .hasSize(1);
        assertThat(done.stream().mapToInt(Published::uploaded).sum())
                .as("and one has put it there, be it the one that is dead")
                .isLessThanOrEqualTo(1);
        String directory = "libraries/" + SHA256_OF_ABC;
        assertThat(disk.bytes(directory + "/app.jar")).isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
        assertThat(disk.open().list(directory)).extracting(StoredFile::name).containsExactly("app.jar");
        assertThat(disk.open().temporaries(directory))
                .as("what the dead one leaves is a sweep's")
                .hasSize(isDead.get() ? 1 : 0);
        assertThat(library().publishAll(List.of(file), LibraryProgress.SILENT).uploaded())
                .isZero();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException broken) {
            throw new IllegalStateException(broken);
        }
    }

    @Test
    void whatIsBeingDeletedIsPutIntoTheSessionsOwnDirectory() throws IOException {
        Path file = file("app.jar", "abc");
        library().publish(file);
        String directory = "libraries/" + SHA256_OF_ABC;
        disk.open().create(directory + "/.selvage-sweep-1").close();
        for (boolean isUploaded : List.of(true, false)) {
            Published published = library().publishAll(List.of(file), LibraryProgress.SILENT);
            assertThat(published.uploaded()).isEqualTo(isUploaded ? 1 : 0);
            assertThat(published.entries().get(0).path())
                    .isEqualTo("fake:/" + SESSION + "/libraries/" + SHA256_OF_ABC + "/app.jar");
        }
        disk.open().delete(directory + "/.selvage-sweep-1");
        assertThat(library().publish(file).path()).isEqualTo("fake:/" + directory + "/app.jar");
    }

    @Test
    void whatIsForAllWaitsForTheSweepAndSaysSo() throws IOException {
        Path file = file("app.jar", "abc");
        disk.open().create("libraries/" + SHA256_OF_ABC + "/.selvage-sweep-1").close();
        assertThatThrownBy(() -> LibraryStore.forAll(disk.open(), HashCache.open(cacheFile))
                        .publish(file))
                .hasMessageContaining("libraries/" + SHA256_OF_ABC + " is being deleted")
                .hasMessageContaining("selvage fsck --delete");
    }

    @Test
    void aNameOfTheStoresOwnIsRefused() throws IOException {
        for (String name : List.of(".selvage-used", ".app.jar.1.tmp")) {
            Path file = file(name, "abc");
            assertThatThrownBy(() -> library().publish(file))
                    .hasMessageContaining(name + " has a name that is taken")
                    .hasMessageContaining("Rename it");
        }
    }

    @Test
    void anotherNameThatBeginsWithADotIsOneLikeAll() throws IOException {
        Path file = file(".env", "abc");
        LibraryEntry entry = library().publish(file);
        assertThat(entry.name()).isEqualTo(".env");
        assertThat(library().publish(file)).as("once more").isEqualTo(entry);
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> library().publish(local.resolve("none.jar")))
                .hasMessageContaining("none.jar is not a file");
    }

    @Test
    void aHashIsReadFromTheCacheWhileTheFileIsTheSame() throws IOException {
        Path file = file("app.jar", "abc");
        HashCache first = laterCache();
        first.sha256(file);
        first.save();
        String line = Files.readString(cacheFile);
        Files.writeString(cacheFile, line.replace(SHA256_OF_ABC, "0".repeat(SHA256_OF_ABC.length())));
        assertThat(laterCache().sha256(file)).isEqualTo("0".repeat(SHA256_OF_ABC.length()));
    }

    @Test
    void otherContentOfTheSameSizeAndTimeOfModificationIsNoticed() throws IOException {
        Path file = file("app.jar", "abc");
        HashCache first = laterCache();
        first.sha256(file);
        first.save();
        // What a reproducible build does to its jars.
        Files.writeString(file, "xyz");
        Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
        assertThat(laterCache().sha256(file)).isNotEqualTo(SHA256_OF_ABC);
    }

    @Test
    void aFileModifiedJustNowIsNotRemembered() throws IOException {
        Instant before = Instant.now();
        Path file = local.resolve("fresh.jar");
        Files.writeString(file, "abc");
        HashCache cache = HashCache.open(cacheFile, () -> before.plus(HashCache.SETTLED.dividedBy(2)));
        cache.sha256(file);
        cache.save();
        assertThat(cacheFile).doesNotExist();
    }

    @Test
    void aCacheThatCannotBeReadIsMadeAnew() throws IOException {
        Files.createDirectories(cacheFile.getParent());
        Files.writeString(cacheFile, "not a cache\n");
        Path file = file("app.jar", "abc");
        HashCache cache = laterCache();
        assertThat(cache.sha256(file)).isEqualTo(SHA256_OF_ABC);
        cache.save();
        assertThat(Files.readString(cacheFile)).startsWith(SHA256_OF_ABC);
    }

    @Test
    void aFileThatIsGoneLeavesTheCache() throws IOException {
        Path stays = file("stays.jar", "abc");
        Path goes = file("goes.jar", "abcd");
        HashCache cache = laterCache();
        cache.sha256(stays);
        cache.sha256(goes);
        Files.delete(goes);
        cache.save();
        assertThat(Files.readAllLines(cacheFile)).singleElement().asString().endsWith("stays.jar");
    }

    /** Long enough after the test's files were written for their hashes to be remembered. */
    private HashCache laterCache() {
        return HashCache.open(cacheFile, () -> Instant.now().plus(HashCache.SETTLED.multipliedBy(2)));
    }

    private LibraryStore library() {
        return library(disk.open());
    }

    private LibraryStore library(DurableStore store) {
        return new LibraryStore(store, HashCache.open(cacheFile), SESSION);
    }

    private Path file(String name, String content) throws IOException {
        Path file = local.resolve(name);
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
        return file;
    }
}
