package io.selvage.master.simulation;

import io.selvage.protocol.id.SubtaskId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Owned by the simulation: the system that the job writes to. Each subtask writes the numbers 1, 2, 3, ... that it
 * reads, in transactions. Exactly once means that each transaction begins where the one before it has ended.
 */
final class SimulatedSink {
    /** What one subtask has prepared at one checkpoint: the numbers after {@code from} up to {@code to}. */
    record Transaction(SubtaskId subtask, long incarnation, long checkpoint, long from, long to) {}

    private final Simulation simulation;
    private final Map<SubtaskId, Long> committed = new HashMap<>();
    private final Set<Transaction> known = new HashSet<>();

    SimulatedSink(Simulation simulation) {
        this.simulation = simulation;
    }

    /**
     * Commits a transaction; a second time it does nothing, as a sink must.
     *
     * @param covering the checkpoint that allows it
     */
    void commit(Transaction transaction, long covering) {
        Invariant.check(
                simulation.journal().isComplete(covering) && covering >= transaction.checkpoint(),
                "%s is committed, and no durable checkpoint allows it: %d",
                transaction,
                covering);
        if (!known.add(transaction) && !simulation.is(Variant.REPEATED_COMMIT_COUNTS)) {
            return;
        }
        long before = committed(transaction.subtask());
        Invariant.check(transaction.from() <= before, "lost: %s is committed after %d", transaction, before);
        Invariant.check(transaction.from() >= before, "twice: %s is committed after %d", transaction, before);
        committed.put(transaction.subtask(), transaction.to());
    }

    long committed(SubtaskId subtask) {
        return committed.getOrDefault(subtask, 0L);
    }
}
