package io.selvage.task.operator;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.LatencyMarker;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes in two phases: prepares at each barrier, and commits what a complete checkpoint holds. Owned by the subtask's
 * thread.
 *
 * <p>What is prepared and not committed is part of each checkpoint. After a restore, subtask 0 commits what all had; a
 * subtask's own commits wait for a completed checkpoint of the new incarnation, and so for subtask 0.
 */
final class WriteSinkOperator extends RuntimeOperator {
    private final Sink<Object, Object> sink;
    private final Serde<Object> committableSerde;
    private final Counters counters;
    private final InstantSource wall;
    /** Prepared and not known to be complete, by checkpoint. */
    private final TreeMap<Long, List<Object>> pending = new TreeMap<>();

    private @Nullable SinkWriter<Object, Object> writer;
    private @Nullable Committer<Object> committer;

    WriteSinkOperator(OperatorContext context, Sink<Object, Object> sink, Counters counters, InstantSource wall) {
        super(context, NoOutput.INSTANCE);
        this.sink = sink;
        this.committableSerde = sink.committableSerde();
        this.counters = counters;
        this.wall = wall;
    }

    @Override
    void open(RestoredState restored) {
        try {
            committer = sink.committer(context);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while its committer was made");
        }
        if (context.subtask() == 0) {
            recover(restored);
        }
        try {
            writer = sink.writer(context);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while its writer was made");
        }
    }

    private void recover(RestoredState restored) {
        List<Object> committables = new ArrayList<>();
        for (int subtask = 0; subtask < restored.parallelism(); subtask++) {
            restored.heldState(subtask).forEach(bytes -> read(bytes, committables));
        }
        try {
            Objects.requireNonNull(committer).recover(committables);
        } catch (Throwable thrown) {
            throw refused(thrown, "what the restored checkpoint holds");
        }
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        try {
            Objects.requireNonNull(writer).write(value, timestampMillis);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        counters.recordsWritten++;
    }

    @Override
    public void watermark(long millis) {}

    @Override
    public void marker(LatencyMarker marker) {
        counters.latencies.note(marker.source(), WallMicros.now(wall) - marker.emittedMicros());
    }

    @Override
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        try {
            List<Object> prepared = Objects.requireNonNull(writer).prepare(checkpoint);
            if (!prepared.isEmpty()) {
                pending.put(checkpoint, List.copyOf(prepared));
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "at checkpoint " + checkpoint);
        }
        return new OperatorCut(context.operatorUid(), null, write());
    }

    @Override
    void complete(long checkpoint) {
        Map<Long, List<Object>> due = pending.headMap(checkpoint, true);
        List<Object> committables = new ArrayList<>();
        due.values().forEach(committables::addAll);
        if (!committables.isEmpty()) {
            try {
                Objects.requireNonNull(committer).commit(committables);
            } catch (Throwable thrown) {
                throw refused(thrown, "checkpoint " + checkpoint);
            }
        }
        due.clear();
    }

    private RuntimeException refused(Throwable thrown, String what) {
        RuntimeException failure = context.failed(thrown, "to commit " + what);
        if (failure instanceof OperatorException operator && operator.kind() == FailureKind.USER_CODE) {
            return context.failure(FailureKind.COMMIT_REFUSED, String.valueOf(failure.getMessage()), thrown);
        }
        return failure;
    }

    private byte[] write() {
        BinaryWriter out = new BinaryWriter();
        OperatorStateKind.PENDING_OUTPUT.writeHead(out);
        out.writeUnsignedVarInt(pending.values().stream().mapToInt(List::size).sum());
        BinaryWriter bytes = new BinaryWriter();
        for (List<Object> committables : pending.values()) {
            for (Object committable : committables) {
                bytes.clear();
                committableSerde.write(committable, bytes);
                out.writeUnsignedVarInt(bytes.length());
                out.writeBytes(bytes.array(), 0, bytes.length());
            }
        }
        return out.toByteArray();
    }

    private void read(byte[] state, List<Object> into) {
        BinaryReader in = new BinaryReader(state);
        OperatorStateKind.PENDING_OUTPUT.readHead(in);
        int count = in.readCount();
        for (int i = 0; i < count; i++) {
            into.add(committableSerde.read(new BinaryReader(in.readByteArray())));
        }
    }

    @Override
    void close() throws Exception {
        try (Committer<Object> closing = committer) {
            if (writer != null) {
                writer.close();
            }
        }
    }

    /** A sink is the end of its chain. */
    private enum NoOutput implements Output {
        INSTANCE;

        @Override
        public void emit(Object value, long timestampMillis) {
            throw new IllegalStateException("a sink emits nothing, and yet did: " + value);
        }

        @Override
        public void watermark(long millis) {}

        @Override
        public void idle(boolean isIdle) {}
    }
}
