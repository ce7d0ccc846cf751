package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.wire.Segment;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Guarded by itself: one operator's keyed state in one subtask, as of a checkpoint. A following thread brings it up to
 * date, a subtask's thread takes it; whoever comes second could do nothing with half a checkpoint, and waits for the
 * other to finish a segment.
 */
final class HeldReplica {
    private final Supplier<KeyedReplica> empty;
    private @Nullable KeyedReplica replica; // Null: nothing is held; what was is taken or damaged.
    private long appliedTo; // The checkpoint of the newest segment in it.
    private boolean taken;
    private volatile boolean dropped; // Volatile: who drops it must not wait for a segment that is being read.
    private volatile long bytes; // Volatile: read by who sums up what is held.

    HeldReplica(Supplier<KeyedReplica> empty) {
        this.empty = empty;
    }

    /**
     * Brings it up to a checkpoint.
     *
     * @param chain of that checkpoint
     * @param stop set: it goes no further than the segment at hand
     * @return false if it was stopped or is taken
     */
    synchronized boolean follow(List<Segment> chain, SegmentReader reader, AtomicBoolean stop) throws IOException {
        return !taken && apply(chain, reader, () -> stop.get() || dropped, read -> {});
    }

    /**
     * The replica as of the checkpoint whose chain this is, once; it is not held here any more. What it lacks is read.
     *
     * @param onRead told the length of each segment that had to be read
     */
    synchronized @Nullable KeyedReplica take(List<Segment> chain, SegmentReader reader, LongConsumer onRead)
            throws IOException {
        if (taken || replica == null) {
            return null;
        }
        taken = true;
        try {
            apply(chain, reader, () -> false, onRead);
            return replica;
        } finally {
            replica = null;
            bytes = 0;
        }
    }

    private boolean apply(List<Segment> chain, SegmentReader reader, BooleanSupplier stop, LongConsumer onRead)
            throws IOException {
        long target = chain.isEmpty() ? 0 : chain.get(chain.size() - 1).getCheckpoint();
        KeyedReplica current = replica;
        if (current == null || appliedTo > target || !continues(chain)) {
            current = empty.get();
            replica = current;
            appliedTo = 0;
        }
        for (Segment segment : chain) {
            if (segment.getCheckpoint() > appliedTo) {
                if (stop.getAsBoolean()) {
                    return false;
                }
                byte[] content = reader.read(SegmentHandle.fromWire(segment));
                onRead.accept(content.length);
                applyOrDrop(current, content, segment.getCheckpoint());
            }
        }
        return true;
    }

    /** Of a chain that begins later than what is here ends, nothing can be added to it. */
    private boolean continues(List<Segment> chain) {
        return chain.isEmpty() || chain.get(0).getCheckpoint() <= appliedTo;
    }

    private void applyOrDrop(KeyedReplica current, byte[] content, long checkpoint) {
        boolean applied = false;
        try {
            current.apply(content, checkpoint);
            appliedTo = checkpoint;
            bytes = current.bytes();
            applied = true;
        } finally {
            if (!applied) {
                replica = null;
                bytes = 0;
            }
        }
    }

    /** Any thread, without waiting: nobody wants it any more. Who reads for it stops after the segment at hand. */
    void drop() {
        dropped = true;
    }

    /** Any thread, without waiting. */
    long bytes() {
        return bytes;
    }
}
