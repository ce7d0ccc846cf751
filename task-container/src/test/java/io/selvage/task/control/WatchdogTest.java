package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.ExecutorId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchdogTest {
    private static final long SPACING = Watchdog.NANOS_BETWEEN_ROUNDS;

    @TempDir
    Path directory;

    private final List<String> asked = new ArrayList<>();
    private DurableStore store;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
    }

    private Watchdog watchdog(String executor) {
        return new Watchdog(
                store,
                "app",
                new ExecutorId(executor),
                silent -> {
                    asked.add(executor + " for " + silent);
                    return "It was asked for.";
                },
                Runnable::run);
    }

    @Test
    void oneExecutorAsksForAllOfThem() {
        watchdog("a").onSilent(new Epoch(3), 0, 0);
        watchdog("b").onSilent(new Epoch(3), 0, 0);
        watchdog("c").onSilent(new Epoch(3), 0, 0);
        assertThat(asked).containsExactly("a for 3");
    }

    @Test
    void anotherOneTakesOverWhenNoMasterHasCome() {
        Watchdog second = watchdog("b");
        watchdog("a").onSilent(new Epoch(3), 0, 0); // And then it dies.
        second.onSilent(new Epoch(3), 0, 0);
        second.onSilent(new Epoch(3), 0, SPACING - 1);
        assertThat(asked).containsExactly("a for 3");
        second.onSilent(new Epoch(3), 0, SPACING);
        assertThat(asked).containsExactly("a for 3", "b for 3");
    }

    @Test
    void askingIsBoundedForEachEpoch() {
        Watchdog watchdog = watchdog("a");
        for (int i = 0; i < 100; i++) {
            watchdog.onSilent(new Epoch(3), 0, i * SPACING);
        }
        assertThat(asked).hasSize(Watchdog.MOST_ROUNDS);
        watchdog.onSilent(new Epoch(4), 0, 100 * SPACING);
        assertThat(asked).hasSize(Watchdog.MOST_ROUNDS + 1).endsWith("a for 4");
    }

    @Test
    void aRefusalDoesNotEndTheWatch() {
        Watchdog watchdog = new Watchdog(
                store,
                "app",
                new ExecutorId("a"),
                silent -> {
                    asked.add("in vain for " + silent);
                    throw new IOException("no right");
                },
                Runnable::run);
        watchdog.onSilent(new Epoch(3), 0, 0);
        watchdog.onSilent(new Epoch(3), 0, SPACING);
        assertThat(asked).containsExactly("in vain for 3", "in vain for 3");
    }
}
