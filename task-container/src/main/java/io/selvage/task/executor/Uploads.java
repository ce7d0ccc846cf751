package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.subtask.SubtaskCut;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the executor's loop: what one deployment's checkpoints have on their way to the store. None is given up when
 * its checkpoint is: the next one may be added to it, and then waits for its end.
 */
final class Uploads {
    /** Snapshots that may be on their way at once: each is held in memory until it is there. */
    static final int MOST = 2;

    private final Set<Long> running = new TreeSet<>();
    private @Nullable List<SubtaskCut> waiting; // For the end of one that runs, whose segments they are added to.

    /** As many as may be are on their way, or wait. */
    boolean isFull() {
        return running.size() + (waiting == null ? 0 : 1) >= MOST;
    }

    boolean isRunning(CheckpointId checkpoint) {
        return running.contains(checkpoint.value());
    }

    Set<Long> running() {
        return Set.copyOf(running);
    }

    /** Answers whether the cuts have to wait, and keeps them if so. */
    boolean tryPutOff(List<SubtaskCut> cuts) {
        boolean mustWait = !awaitedBy(cuts).isEmpty();
        if (mustWait) {
            waiting = cuts;
        }
        return mustWait;
    }

    /** Of those that run, the ones to whose segments the cuts are added. */
    private Set<Long> awaitedBy(List<SubtaskCut> cuts) {
        return bases(cuts).filter(running::contains).collect(Collectors.toSet());
    }

    /** What the segments of the cuts are added to; of those that stand alone, 0. */
    static Stream<Long> bases(List<SubtaskCut> cuts) {
        return cuts.stream()
                .flatMap(cut -> cut.operators().stream())
                .map(OperatorCut::keyed)
                .flatMap(Stream::ofNullable)
                .map(KeyedCut::base);
    }

    void begin(CheckpointId checkpoint) {
        running.add(checkpoint.value());
    }

    /** Answers the cuts that have waited for it; empty: none have. */
    List<SubtaskCut> end(CheckpointId checkpoint) {
        running.remove(checkpoint.value());
        List<SubtaskCut> next = waiting == null ? List.of() : waiting;
        waiting = null;
        return next;
    }

    /**
     * Nobody waits for that checkpoint, nor for a lower one. Answers those that still run and were waited for in vain:
     * whatever holds them up must not hold up the next one as well.
     */
    Set<Long> giveUp(CheckpointId checkpoint) {
        List<SubtaskCut> given = waiting;
        if (given == null || given.get(0).barrier().checkpoint().compareTo(checkpoint) > 0) {
            return Set.of();
        }
        waiting = null;
        return awaitedBy(given);
    }
}
