package io.selvage.task.network;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jctools.queues.MpmcArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of powers of two that go round between the network thread and the subtasks that consume what it fills. For any
 * thread.
 *
 * <p>Keeps a bounded number of each size; what it has no room for, or what is never given back because its channel was
 * closed, is the garbage collector's. So nothing can leak, whichever thread ends first.
 */
final class ArrayPool {
    /** What is kept of each size, in bytes, unless that is less than {@link #MIN_KEPT}. */
    private static final int KEPT_BYTES = 8 << 20;

    private static final int MIN_KEPT = 4;
    private static final int MAX_KEPT = 1024;

    private final AtomicReferenceArray<@Nullable MpmcArrayQueue<byte[]>> bySize =
            new AtomicReferenceArray<>(Integer.SIZE);

    /** Of at least that length; its content is whatever it was. */
    byte[] take(int length) {
        int size = Credit.cost(length);
        byte[] kept = queueOf(size).relaxedPoll();
        return kept != null ? kept : new byte[size];
    }

    /** @param array from {@link #take}, not to be touched by the giver any more */
    void give(byte[] array) {
        // Refused if there are enough of the size: then it is garbage.
        queueOf(array.length).offer(array);
    }

    private MpmcArrayQueue<byte[]> queueOf(int size) {
        int index = Integer.numberOfTrailingZeros(size);
        MpmcArrayQueue<byte[]> queue = bySize.get(index);
        if (queue != null) {
            return queue;
        }
        int kept = Math.max(MIN_KEPT, Math.min(MAX_KEPT, KEPT_BYTES / size));
        MpmcArrayQueue<byte[]> created = new MpmcArrayQueue<>(kept);
        MpmcArrayQueue<byte[]> other = bySize.compareAndExchange(index, null, created);
        return other == null ? created : other;
    }
}
