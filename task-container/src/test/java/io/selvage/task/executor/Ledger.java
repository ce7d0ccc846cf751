package io.selvage.task.executor;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An outside system that a sink writes to in two phases, and that outlives every executor. Guarded by itself. */
final class Ledger {
    private static final Map<String, Ledger> LEDGERS = new ConcurrentHashMap<>();

    private record Pending(long incarnation, List<String> rows) {}

    private final Map<String, Pending> pending = new HashMap<>();
    private final Map<String, List<String>> committed = new TreeMap<>();

    private volatile CountDownLatch mayCommit = new CountDownLatch(0); // Volatile: the test sets it, committers wait.

    static Ledger of(String name) {
        return LEDGERS.computeIfAbsent(name, key -> new Ledger());
    }

    /** Commits wait for the latch. */
    void hold(CountDownLatch until) {
        mayCommit = until;
    }

    void awaitMayCommit() {
        try {
            if (!mayCommit.await(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("held for too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized void prepare(String token, long incarnation, List<String> rows) {
        if (pending.put(token, new Pending(incarnation, List.copyOf(rows))) != null || committed.containsKey(token)) {
            throw new IllegalStateException(token + " is prepared twice");
        }
    }

    synchronized void commit(String token) {
        if (committed.containsKey(token)) {
            return;
        }
        Pending prepared = pending.remove(token);
        if (prepared == null) {
            throw new IllegalStateException(token + " is to be committed, and was never prepared or is discarded");
        }
        committed.put(token, prepared.rows());
    }

    synchronized void discardOlderThan(long incarnation) {
        pending.values().removeIf(prepared -> prepared.incarnation() < incarnation);
    }

    /** All that readers see, sorted. */
    synchronized List<String> rows() {
        List<String> rows = new ArrayList<>();
        committed.values().forEach(rows::addAll);
        rows.sort(null);
        return rows;
    }

    /** Writes to the ledger of this name. */
    record LedgerSink(String ledger) implements Sink<String, String> {
        @Override
        public Serde<String> committableSerde() {
            return Serdes.of(String.class);
        }

        @Override
        public SinkWriter<String, String> writer(SinkContext context) {
            return new LedgerWriter(of(ledger), context);
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            Ledger to = of(ledger);
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) {
                    to.awaitMayCommit();
                    committables.forEach(to::commit);
                }

                @Override
                public void recover(List<String> committables) {
                    committables.forEach(to::commit);
                    to.discardOlderThan(context.incarnation());
                }
            };
        }
    }

    private static final class LedgerWriter implements SinkWriter<String, String> {
        private final Ledger to;
        private final SinkContext context;
        private final List<String> rows = new ArrayList<>();

        LedgerWriter(Ledger to, SinkContext context) {
            this.to = to;
            this.context = context;
        }

        @Override
        public void write(String element, long timestampMillis) {
            rows.add(element);
        }

        @Override
        public List<String> prepare(long checkpoint) {
            if (rows.isEmpty()) {
                return List.of();
            }
            String token = context.incarnation() + "-" + checkpoint + "-" + context.subtask();
            to.prepare(token, context.incarnation(), rows);
            rows.clear();
            return List.of(token);
        }

        @Override
        public void close() {}
    }
}
