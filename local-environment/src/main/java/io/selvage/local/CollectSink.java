package io.selvage.local;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a job in this JVM has committed, for a test to read. As with every other sink an element can be seen
 * once a checkpoint behind it is complete, and then exactly once, whatever has failed on the way.
 *
 * <p>A test holds on to the sink that it has made, and asks that one. The sink may be used by several jobs, one that
 * goes on from another's savepoint among them. Safe for use by many threads.
 *
 * @param <T> elements
 */
public final class CollectSink<T> implements Sink<T, CollectSink.Batch> {
    private static final long serialVersionUID = 1L;
    /** By the sink's name; what nobody holds on to goes. */
    private static final Map<String, WeakReference<Collected>> ALL = new ConcurrentHashMap<>();

    private final Serde<T> serde;
    private final String name = UUID.randomUUID().toString();
    /** Of the test's own sink; null in the copies that travel with a job, which find it by its name. */
    private final transient @Nullable Collected collected;

    /**
     * What a writer has prepared: elements in their order, each with its length before it.
     *
     * @param token never used twice
     */
    public record Batch(String token, byte[] elements) {}

    private CollectSink(Serde<T> serde) {
        this.serde = serde;
        Collected empty = new Collected();
        this.collected = empty;
        ALL.values().removeIf(reference -> reference.get() == null);
        ALL.put(name, new WeakReference<>(empty));
    }

    public static <T> CollectSink<T> of(Class<T> type) {
        return new CollectSink<>(Serdes.of(type));
    }

    public static <T> CollectSink<T> of(Serde<T> serde) {
        return new CollectSink<>(serde);
    }

    /** What has been committed so far: of each subtask in its order, and those in any. */
    public List<T> results() {
        if (collected == null) {
            throw new IllegalStateException("Ask the sink that the test has made, not a copy that belongs to a job.");
        }
        List<T> results = new ArrayList<>();
        for (byte[] batch : collected.batches()) {
            BinaryReader in = new BinaryReader(batch);
            while (in.remaining() > 0) {
                results.add(serde.read(new BinaryReader(in.readByteArray())));
            }
        }
        return results;
    }

    @Override
    public Serde<Batch> committableSerde() {
        return Serdes.of(Batch.class);
    }

    @Override
    public SinkWriter<T, Batch> writer(SinkContext context) {
        return new Writer<>(serde, context);
    }

    @Override
    public Committer<Batch> committer(SinkContext context) {
        return new Committer<>() {
            @Override
            public void commit(List<Batch> committables) {
                WeakReference<Collected> known = ALL.get(name);
                Collected into = known == null ? null : known.get();
                if (into != null) {
                    committables.forEach(into::add);
                }
            }

            @Override
            public void recover(List<Batch> committables) {
                commit(committables);
            }
        };
    }

    @Override
    public String toString() {
        return "what a test collects";
    }

    /** Filled by committers, read by the test. */
    private static final class Collected {
        private final Map<String, byte[]> batches = new LinkedHashMap<>(); // By token; guarded by this.

        synchronized void add(Batch batch) {
            batches.putIfAbsent(batch.token(), batch.elements());
        }

        synchronized List<byte[]> batches() {
            return List.copyOf(batches.values());
        }
    }

    /** Owned by the writing subtask's thread. */
    private static final class Writer<T> implements SinkWriter<T, Batch> {
        private final Serde<T> serde;
        private final SinkContext context;
        private final BinaryWriter batch = new BinaryWriter();
        private final BinaryWriter one = new BinaryWriter();

        Writer(Serde<T> serde, SinkContext context) {
            this.serde = serde;
            this.context = context;
        }

        @Override
        public void write(T element, long timestampMillis) {
            one.clear();
            serde.write(element, one);
            batch.writeByteArray(one.toByteArray());
        }

        @Override
        public List<Batch> prepare(long checkpoint) {
            if (batch.length() == 0) {
                return List.of();
            }
            String token = context.jobId() + "/" + context.operatorUid() + "/" + context.incarnation() + "/"
                    + checkpoint + "/" + context.subtask();
            Batch prepared = new Batch(token, batch.toByteArray());
            batch.clear();
            return List.of(prepared);
        }

        @Override
        public void close() {}
    }
}
