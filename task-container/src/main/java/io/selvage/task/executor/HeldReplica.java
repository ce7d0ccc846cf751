package io.selvage.task.executor;

import io.selvage.api.type.CorruptDataException;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SegmentSource;
import io.selvage.protocol.wire.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Guarded by its lock: one operator's keyed state in one subtask, as of a checkpoint. A following thread brings it up
 * to date, a subtask's thread takes it; whoever comes second could do nothing with half a checkpoint, and waits for the
 * other to finish a segment.
 */
final class HeldReplica {
    private final KeyGroupRange range;
    private final Supplier<StateReplica> empty;
    private final ReentrantLock lock = new ReentrantLock(); // Who drops it does not wait for a segment to be read.
    private @Nullable StateReplica replica; // Null: nothing is held; what was is taken or damaged.
    private long appliedTo; // The checkpoint of the newest segment in it.
    private long aimedAt; // Until it has come to that checkpoint, it lacks what the segments up to there write over.
    private boolean taken;
    private volatile boolean dropped; // Volatile: set without the lock.
    private volatile long bytes; // Volatile: read by who sums up what is held.
    private volatile long stateBytes; // Likewise.

    /** @param range of the key groups that the subtask has */
    HeldReplica(KeyGroupRange range, Supplier<StateReplica> empty) {
        this.range = range;
        this.empty = empty;
    }

    boolean isOf(KeyGroupRange wanted) {
        return range.equals(wanted);
    }

    /** Whether what is held can be brought to the checkpoint of that chain; else all of it is to be read. */
    boolean leadsTo(List<Segment> chain) {
        lock.lock();
        try {
            return isOnTheWayTo(chain);
        } finally {
            lock.unlock();
            closeIfDropped();
        }
    }

    /**
     * Brings it up to a checkpoint.
     *
     * @param chain of that checkpoint
     * @param room of meaning before each segment: whether the memory that it will take is there
     * @param stop set: it goes no further than the segment at hand
     * @return false: there is no room for it
     */
    boolean follow(List<Segment> chain, SegmentSource source, Predicate<Segment> room, AtomicBoolean stop)
            throws IOException {
        lock.lock();
        try {
            return taken || dropped || apply(chain, source, room, () -> stop.get() || dropped, read -> {});
        } finally {
            lock.unlock();
            closeIfDropped();
        }
    }

    /**
     * The replica as of the checkpoint whose chain this is, once; it is not held here any more. What it lacks is read.
     *
     * @param onRead told of each segment that had to be read how many of its bytes were of use
     */
    @Nullable
    StateReplica take(List<Segment> chain, SegmentSource source, LongConsumer onRead) throws IOException {
        lock.lock();
        try {
            if (taken || replica == null) {
                return null;
            }
            taken = true;
            apply(chain, source, segment -> true, () -> false, onRead);
            StateReplica result = replica;
            replica = null;
            return result;
        } finally {
            if (taken) {
                close(replica);
                replica = null;
                bytes = 0;
            }
            lock.unlock();
        }
    }

    /** Answers false if a segment finds no room. */
    private boolean apply(
            List<Segment> chain,
            SegmentSource source,
            Predicate<Segment> room,
            BooleanSupplier stop,
            LongConsumer onRead)
            throws IOException {
        StateReplica current = replica;
        if (current == null || !isOnTheWayTo(chain)) {
            close(current);
            current = empty.get();
            replica = current;
            appliedTo = 0;
            aimedAt = 0;
            bytes = current.bytes();
            if (chain.size() > 1) {
                Segment newest = chain.get(chain.size() - 1);
                aim(current, newest, source);
                aimedAt = newest.getCheckpoint();
            }
        }
        for (Segment segment : chain) {
            if (segment.getCheckpoint() > appliedTo) {
                if (stop.getAsBoolean()) {
                    return true;
                }
                if (!room.test(segment)) {
                    return false;
                }
                onRead.accept(applyOrDrop(current, segment, source));
            }
        }
        return true;
    }

    private boolean isOnTheWayTo(List<Segment> chain) {
        long target = chain.isEmpty() ? 0 : chain.get(chain.size() - 1).getCheckpoint();
        return replica != null && appliedTo != 0 && appliedTo <= target && continues(chain);
    }

    /**
     * Of another chain's, nothing can be added to what is here, although it may be as old: a row that was there only
     * for the checkpoint applied last is missing in what was cut without knowing that one complete.
     */
    private boolean continues(List<Segment> chain) {
        return chain.isEmpty() || has(chain, appliedTo) && (appliedTo >= aimedAt || has(chain, aimedAt));
    }

    private static boolean has(List<Segment> chain, long checkpoint) {
        return chain.stream().anyMatch(segment -> segment.getCheckpoint() == checkpoint);
    }

    private static void aim(StateReplica at, Segment newest, SegmentSource source) throws IOException {
        SegmentHandle handle = SegmentHandle.fromWire(newest);
        try {
            at.aimAt(() -> source.open(handle), newest.getLength());
        } catch (CorruptDataException | IllegalArgumentException unreadable) {
            SegmentReader.verify(source.open(handle)); // Names the file, if it is damaged.
            throw unreadable;
        }
    }

    /** Answers how many bytes were of use. */
    private long applyOrDrop(StateReplica current, Segment segment, SegmentSource source) throws IOException {
        SegmentHandle handle = SegmentHandle.fromWire(segment);
        try (InputStream in = source.open(handle)) {
            long used = current.apply(in, segment.getLength(), segment.getCheckpoint());
            appliedTo = segment.getCheckpoint();
            bytes = current.bytes();
            stateBytes = current.stateBytes();
            return used;
        } catch (CorruptDataException | IllegalArgumentException unreadable) {
            discard(current);
            SegmentReader.verify(source.open(handle)); // The same.
            throw unreadable;
        } catch (RuntimeException | Error e) {
            discard(current);
            throw e;
        }
    }

    private void discard(StateReplica current) {
        current.close();
        replica = null;
        bytes = 0;
    }

    /** Any thread, without waiting: nobody wants it any more. Who reads for it stops after the segment at hand. */
    void drop() {
        dropped = true;
        closeIfDropped();
    }

    /** Whoever has the lock does it when it is done. */
    private void closeIfDropped() {
        if (dropped && lock.tryLock()) {
            try {
                close(replica);
                replica = null;
                bytes = 0;
            } finally {
                lock.unlock();
            }
        }
    }

    private static void close(@Nullable StateReplica replica) {
        if (replica != null) {
            replica.close();
        }
    }

    /** Any thread, without waiting: of state, in memory or on the disk. */
    long stateBytes() {
        return bytes == 0 ? 0 : stateBytes;
    }

    /** Any thread, without waiting: of memory. */
    long bytes() {
        return bytes;
    }
}
