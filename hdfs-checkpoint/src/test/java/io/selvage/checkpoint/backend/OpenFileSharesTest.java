package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenFileSharesTest {
    private static final int FILES = 150;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(longs = {4096, 20_000, 65_536, 1 << 20})
    void allStoresTogetherHaveNoMoreThanHalfOfTheLimit(long limit) {
        OpenFileShares shares = new OpenFileShares(limit);
        Deque<Integer> taken = new ArrayDeque<>();
        long sum = 0;
        for (int share = shares.take(); share > OpenFileShares.LEAST; share = shares.take()) {
            taken.push(share);
            sum += share;
        }
        assertThat(taken).hasSizeGreaterThanOrEqualTo(16);
        assertThat(sum).isLessThanOrEqualTo(limit / 2).isGreaterThan(limit / 4);
        shares.giveBack(OpenFileShares.LEAST);
        int last = taken.peek();
        taken.forEach(shares::giveBack);
        assertThat(shares.take()).isGreaterThan(last);
    }

    @Test
    void aStoreHasEnoughToWorkHoweverSmallTheLimitAndAnyNumberIfItIsNotKnown() {
        OpenFileShares few = new OpenFileShares(64);
        OpenFileShares unknown = new OpenFileShares(0);
        for (int i = 0; i < 100; i++) {
            assertThat(few.take()).isEqualTo(OpenFileShares.LEAST);
            assertThat(unknown.take()).isEqualTo(OpenFileShares.NO_LIMIT);
        }
    }

    @Test
    void aStoreOfMoreFilesThanItMayHaveOpenIsReadAllTheSame() throws Exception {
        assertThat(openOnceAllIsRead(new OpenFileShares(0))).as("open without a limit").isEqualTo(FILES);
        assertThat(openOnceAllIsRead(new OpenFileShares(100)))
                .isPositive()
                .isLessThanOrEqualTo(OpenFileShares.LEAST);
    }

    private int openOnceAllIsRead(OpenFileShares shares) throws IOException {
        Path state = directory.resolve("state-" + System.nanoTime());
        RocksEnvironment environment = new RocksEnvironment(state, 1 << 20, 1 << 20, 1, 1, shares);
        RocksStore store = RocksStore.create(environment);
        Path made = Files.createDirectories(state.resolve("made"));
        try (SortedFiles files = new SortedFiles(environment, made, "rows")) {
            for (int i = 0; i < FILES; i++) {
                files.put(key(i), 3, new byte[] {(byte) i}, 1); // Each in a file of its own.
            }
            List<Path> all = files.finish();
            assertThat(all).hasSize(FILES);
            store.takeIn(all);
        }
        Path point = environment.newDirectory("point");
        store.makePoint(point);
        RocksStore again = RocksStore.at(point, environment);
        for (RocksStore each : List.of(store, again)) {
            byte[] value = new byte[1];
            for (int i = 0; i < FILES; i++) {
                assertThat(each.get(key(i), 3, value)).isEqualTo(1);
                assertThat(value[0]).isEqualTo((byte) i);
            }
        }
        store.close();
        int open = openTables(state);
        again.close();
        assertThat(openTables(state)).isZero();
        return open;
    }

    private static byte[] key(int i) {
        return new byte[] {1, (byte) (i >>> 8), (byte) i};
    }

    private static int openTables(Path under) throws IOException {
        int count = 0;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : open.toList()) {
                try {
                    String file = Files.readSymbolicLink(each).toString();
                    count += file.startsWith(under.toString()) && file.endsWith(".sst") ? 1 : 0;
                } catch (NoSuchFileException closed) {
                    // By another thread, or it was the list itself.
                }
            }
        }
        return count;
    }
}
