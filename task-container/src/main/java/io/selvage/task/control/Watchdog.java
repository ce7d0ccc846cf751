package io.selvage.task.control;

import io.selvage.checkpoint.journal.SignOfLife;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.ExecutorId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a silent master replaced, once for all executors; owned by the link's thread. What takes time is done by another
 * one, since the next master may be found meanwhile.
 *
 * <p>Each round of asking for an epoch is one executor's: who writes {@code watchdog/<epoch>-<round>} first. If no
 * newer master has come a while after a round, whoever was elected may be dead itself, or without the right: then there
 * is another round, up to a few.
 */
public final class Watchdog {
    /** For each epoch, over all executors. */
    static final int MOST_ROUNDS = 3;
    /** From one round to the next: the time in which YARN starts a master, even on a busy cluster. */
    static final long NANOS_BETWEEN_ROUNDS = TimeUnit.SECONDS.toNanos(20);

    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final DurableStore store;
    private final String directory;
    private final ExecutorId self;
    private final MasterReplacement replacement;
    private final Executor asking;
    private final AtomicBoolean busy = new AtomicBoolean(); // Atomic: cleared by the thread that asks.

    private long epoch;
    private int rounds;
    private long nextRoundNanos;

    /**
     * @param directory of the application, below the store's root
     * @param asking runs one task at a time; the tasks wait for HDFS and YARN
     */
    public Watchdog(
            DurableStore store, String directory, ExecutorId self, MasterReplacement replacement, Executor asking) {
        this.store = store;
        this.directory = CheckpointLayout.watchdogDirectory(directory);
        this.self = self;
        this.replacement = replacement;
        this.asking = asking;
    }

    /** What the master of that epoch changes as long as it is well. Blocks. */
    long signOfLife(Epoch master) throws IOException {
        return new SignOfLife(store, directory, master.value()).read();
    }

    /** The master of that epoch is heard nowhere. Never blocks. */
    void onSilent(Epoch silent, long silentNanos, long nowNanos) {
        if (silent.value() != epoch) {
            epoch = silent.value();
            rounds = 0;
            nextRoundNanos = nowNanos;
        }
        if (rounds >= MOST_ROUNDS || nowNanos - nextRoundNanos < 0 || !busy.compareAndSet(false, true)) {
            return;
        }
        rounds++;
        nextRoundNanos = nowNanos + NANOS_BETWEEN_ROUNDS;
        int round = rounds;
        LOG.warn(
                "The master of epoch {} has been silent for {} ms, and no newer one is in the journal.",
                silent,
                TimeUnit.NANOSECONDS.toMillis(silentNanos));
        asking.execute(() -> {
            try {
                ask(silent, round);
            } catch (IOException failed) {
                LOG.error("The silent master of epoch {} could not be replaced: {}", silent, failed.getMessage());
            } finally {
                busy.set(false);
            }
        });
    }

    private void ask(Epoch silent, int round) throws IOException {
        String path = DurableStore.join(directory, silent + "-" + round);
        byte[] ballot = (self + " at " + Instant.now()).getBytes(StandardCharsets.UTF_8);
        PutOutcome put = store.putIfAbsent(path, ballot);
        switch (put.kind()) {
            case WON -> LOG.warn("{} Asked in round {}.", replacement.replace(silent), round);
            case LOST -> LOG.info("Another executor asks for a new master (round {} for epoch {}).", round, silent);
            case NOT_WRITTEN, UNDECIDED ->
                throw new IOException(
                        "no executor could be elected to ask for it, since " + path + " could not be written.",
                        put.cause());
        }
    }
}
