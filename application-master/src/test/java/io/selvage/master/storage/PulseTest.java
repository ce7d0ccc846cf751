package io.selvage.master.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.journal.SignOfLife;
import io.selvage.checkpoint.store.DurableStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PulseTest {
    @TempDir
    Path directory;

    private final long[] sinceTurnNanos = new long[1];
    private Path file;
    private SignOfLife seen;
    private Pulse pulse;

    @BeforeEach
    void open() throws IOException {
        Path root = directory.resolve("root");
        DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
        file = root.resolve("app/watchdog/3-alive");
        seen = new SignOfLife(store, "app/watchdog", 3);
        pulse = new Pulse(new SignOfLife(store, "app/watchdog", 3), () -> sinceTurnNanos[0], Duration.ofSeconds(5));
    }

    @Test
    void aLoopThatTurnsIsSeen() throws Exception {
        assertThat(seen.read()).isEqualTo(SignOfLife.NONE);
        pulse.runOnce();
        long first = seen.read();
        assertThat(first).isNotEqualTo(SignOfLife.NONE);
        awaitTheClockAfter(first);
        pulse.runOnce();
        assertThat(seen.read()).isNotEqualTo(first);
    }

    @Test
    void aLoopThatHangsIsNot() throws Exception {
        pulse.runOnce();
        long first = seen.read();
        awaitTheClockAfter(first);
        sinceTurnNanos[0] = Pulse.LONGEST_TURN_NANOS + 1;
        pulse.runOnce();
        assertThat(seen.read()).isEqualTo(first);
    }

    /** At the session's end its directory is deleted, and stays so. */
    @Test
    void whatWasDeletedIsNotMadeAgain() throws Exception {
        pulse.runOnce();
        Files.delete(file);
        pulse.runOnce();
        assertThat(file).doesNotExist();
        assertThat(seen.read()).isEqualTo(SignOfLife.NONE);
    }

    private static void awaitTheClockAfter(long millis) {
        while (System.currentTimeMillis() <= millis) {
            Thread.onSpinWait();
        }
    }
}
