package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenFileSharesTest {
    private static final int FILES = 150;
    private static final int STORES = 40;

    @TempDir
    private Path directory;

    private Path state;

    @BeforeEach
    void resolve() throws IOException {
        state = directory.toRealPath().resolve("state"); // As /proc names it.
    }

    /** Remembers what it was told last. */
    private static final class Told implements OpenFileShares.Limited {
        private final OpenFileShares.Share share;
        private int files;
        private int changes;
        private boolean isClosed;

        Told(OpenFileShares shares) {
            share = shares.take();
            files = share.files();
            share.opened(files, this);
        }

        @Override
        public void setMostOpen(int now) {
            assertThat(isClosed).as("told although it is closed").isFalse();
            assertThat(now).as("what is told").isNotEqualTo(files);
            files = now;
            changes++;
        }

        void close() {
            share.giveBack();
            isClosed = true;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 20_000, 65_536, 1 << 20})
    void allStoresHaveTheSameAndTogetherHalfOfTheLimitOrSomeLess(long limit) {
        OpenFileShares shares = new OpenFileShares(limit);
        List<Told> open = new ArrayList<>();
        for (int count = 1; count <= STORES; count++) {
            open.add(new Told(shares));
            assertShared(open, limit / 4, limit / 2);
        }
        while (open.size() > 1) {
            open.remove(open.size() / 2).close();
            assertShared(open, limit / 8, limit / 2);
        }
        open.remove(0).close();
        assertThat(new Told(shares).files).as("of the only one").isEqualTo((int) limit / 2);
    }

    private static void assertShared(List<Told> open, long least, long most) {
        long each = open.get(0).files;
        assertThat(open).as("%s stores", open.size()).allMatch(store -> store.files == each);
        assertThat(each * open.size()).as("%s stores", open.size()).isBetween(least, most);
    }

    /** As states are taken back to their last checkpoint: the new store is opened before the old one is closed. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16, 17})
    void aStoreThatIsOpenedAndClosedAgainAndAgainHasTheOthersToldOnceAtMost(int count) {
        OpenFileShares shares = new OpenFileShares(65_536);
        List<Told> open = Stream.generate(() -> new Told(shares)).limit(count).toList();
        List<Integer> before = open.stream().map(store -> store.changes).toList();
        for (int i = 0; i < 10; i++) {
            new Told(shares).close();
        }
        for (int i = 0; i < count; i++) {
            assertThat(open.get(i).changes - before.get(i)).as("store %s", i).isBetween(0, 1);
        }
    }

    @Test
    void aStoreThatTakesLongToOpenIsToldWhatHasChangedMeanwhile() {
        OpenFileShares shares = new OpenFileShares(1000);
        OpenFileShares.Share share = shares.take();
        int with = share.files();
        Told other = new Told(shares);
        List<Integer> told = new ArrayList<>();
        share.opened(with, told::add);
        List<Told> more = List.of(new Told(shares), new Told(shares));
        more.forEach(Told::close);
        other.close();
        share.giveBack();
        new Told(shares);
        assertThat(with).isEqualTo(500);
        assertThat(told).containsExactly(250, 125, 250);
    }

    @Test
    void aStoreHasEnoughToWorkHoweverSmallTheLimitAndAnyNumberIfItIsNotKnown() {
        OpenFileShares few = new OpenFileShares(64);
        OpenFileShares unknown = new OpenFileShares(0);
        for (int i = 0; i < 100; i++) {
            assertThat(new Told(few).files).isEqualTo(OpenFileShares.LEAST);
            assertThat(new Told(unknown).files).isEqualTo(OpenFileShares.NO_LIMIT);
        }
    }

    @Test
    void threadsThatOpenAndCloseStoresTellNoneThatIsClosedAndLoseNoShare() throws Exception {
        OpenFileShares shares = new OpenFileShares(4096);
        Told lasting = new Told(shares);
        ConcurrentLinkedQueue<Throwable> failed = new ConcurrentLinkedQueue<>();
        CountDownLatch all = new CountDownLatch(4);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> {
                all.countDown();
                try {
                    all.await();
                    for (int round = 0; round < 2000; round++) {
                        Told one = new Told(shares);
                        Told other = new Told(shares);
                        one.close();
                        other.close();
                    }
                } catch (Throwable e) {
                    failed.add(e);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failed).isEmpty();
        assertThat(lasting.files).isEqualTo(1024);
    }

    @Test
    void aStoreOfMoreFilesThanItMayHaveOpenIsReadAllTheSame() throws Exception {
        OpenFileShares few = new OpenFileShares(64);
        Path point = point(few);
        RocksStore store = RocksStore.at(point, environment(few));
        readAll(store);
        assertThat(openTables()).isPositive().isLessThanOrEqualTo(OpenFileShares.LEAST);
        store.close();
        store = RocksStore.at(point, environment(new OpenFileShares(0)));
        readAll(store);
        assertThat(openTables()).as("open without a limit").isEqualTo(FILES);
        store.close();
    }

    @Test
    void storesThatAreOpenGiveWayToLaterOnesAndHaveAllAgainOnceTheseAreClosed() throws Exception {
        OpenFileShares shares = new OpenFileShares(2 * 64 * 50);
        Path point = point(shares);
        RocksEnvironment environment = environment(shares);
        List<RocksStore> stores = new ArrayList<>();
        stores.add(RocksStore.at(point, environment));
        readAll(stores.get(0));
        assertThat(openTables()).isEqualTo(FILES);
        while (stores.size() < STORES) {
            stores.add(
                    stores.size() % 10 == 9
                            ? RocksStore.readOnlyAt(point, environment)
                            : RocksStore.at(point, environment));
        }
        stores.forEach(OpenFileSharesTest::readAll);
        // Some may keep a few more, which they have opened for good while they might.
        assertThat(openTables()).isBetween(STORES * OpenFileShares.LEAST, STORES * 50 + STORES);
        for (RocksStore store : stores.subList(1, STORES)) {
            store.close();
        }
        readAll(stores.get(0));
        assertThat(openTables()).isEqualTo(FILES);
        stores.get(0).close();
        assertThat(openTables()).isZero();
    }

    @Test
    void aStoreThatCanNotBeOpenedTakesNothingFromTheOthers() throws Exception {
        OpenFileShares shares = new OpenFileShares(4096);
        Told other = new Told(shares);
        Path point = point(shares);
        Files.writeString(point.resolve("CURRENT"), "nonsense");
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> RocksStore.at(point, environment(shares))).isInstanceOf(IOException.class);
        }
        assertThat(other.files).isEqualTo(1024);
    }

    private RocksEnvironment environment(OpenFileShares shares) {
        return new RocksEnvironment(state.resolve("of-" + System.nanoTime()), 1 << 20, 1 << 20, 1, 1, shares);
    }

    /** Of a store with keys that are each in a file of their own. */
    private Path point(OpenFileShares shares) throws IOException {
        RocksEnvironment environment = environment(shares);
        RocksStore store = RocksStore.create(environment);
        Path made = Files.createDirectories(state.resolve("made-" + System.nanoTime()));
        try (SortedFiles files = new SortedFiles(environment, made, "rows")) {
            for (int i = 0; i < FILES; i++) {
                files.put(key(i), 3, new byte[] {(byte) i}, 1);
            }
            List<Path> all = files.finish();
            assertThat(all).hasSize(FILES);
            store.takeIn(all);
        }
        Path point = environment.newDirectory("point");
        store.makePoint(point);
        store.close();
        return point;
    }

    private static void readAll(RocksStore store) {
        byte[] value = new byte[1];
        for (int i = 0; i < FILES; i++) {
            assertThat(store.get(key(i), 3, value)).isEqualTo(1);
            assertThat(value[0]).isEqualTo((byte) i);
        }
    }

    private static byte[] key(int i) {
        return new byte[] {1, (byte) (i >>> 8), (byte) i};
    }

    private int openTables() throws IOException {
        int count = 0;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : open.toList()) {
                try {
                    String file = Files.readSymbolicLink(each).toString();
                    count += file.startsWith(state.toString()) && file.endsWith(".sst") ? 1 : 0;
                } catch (NoSuchFileException closed) {
                    // By another thread, or it was the list itself.
                }
            }
        }
        return count;
    }
}
