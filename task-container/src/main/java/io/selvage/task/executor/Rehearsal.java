package io.selvage.task.executor;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.subtask.Mail;
import io.selvage.task.subtask.Subtask;
import io.selvage.task.subtask.SubtaskCut;
import io.selvage.task.subtask.SubtaskListener;
import io.selvage.task.subtask.SubtaskPhase;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The life of a small job in this process, from its opening over its last checkpoint to its end, with a thread for each
 * subtask as ever; used once, by one thread. Nobody outside hears of it.
 */
final class Rehearsal implements SubtaskListener {
    private static final CheckpointId LAST = new CheckpointId(1);

    private final CountDownLatch drained;
    private final CountDownLatch cut;
    private final CountDownLatch ended;
    private volatile @Nullable Throwable failure;

    /** @param subtasks that will take part */
    Rehearsal(int subtasks) {
        this.drained = new CountDownLatch(subtasks);
        this.cut = new CountDownLatch(subtasks);
        this.ended = new CountDownLatch(subtasks);
    }

    /** Answers whether it came to its end within that time; else it is told to end. */
    boolean run(List<Subtask> subtasks, long mostNanos) throws InterruptedException {
        long deadline = System.nanoTime() + mostNanos;
        for (Subtask subtask : subtasks) {
            Thread thread = new Thread(subtask, "warm-up " + subtask.id());
            thread.setDaemon(true);
            thread.start();
        }
        try {
            if (!isThere(drained, deadline)) {
                return false;
            }
            subtasks.stream()
                    .filter(subtask -> !subtask.hasInput())
                    .forEach(subtask -> subtask.post(new Mail.Trigger(new Barrier(LAST, 0, true))));
            if (!isThere(cut, deadline)) {
                return false;
            }
            subtasks.forEach(subtask -> subtask.post(new Mail.Complete(LAST, true)));
            return isThere(ended, deadline);
        } finally {
            subtasks.forEach(Subtask::cancel);
        }
    }

    /** Answers whether no subtask has a thread any more. */
    boolean awaitEnd(long mostNanos) throws InterruptedException {
        return ended.await(mostNanos, TimeUnit.NANOSECONDS);
    }

    private boolean isThere(CountDownLatch awaited, long deadlineNanos) throws InterruptedException {
        boolean isInTime = awaited.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException(thrown);
        }
        return isInTime;
    }

    @Override
    public void onPhase(SubtaskId subtask, SubtaskPhase phase, @Nullable Throwable thrown) {
        if (phase == SubtaskPhase.DRAINED) {
            drained.countDown();
        } else if (phase == SubtaskPhase.FAILED) {
            failure = thrown == null ? new IllegalStateException("failed for no reason") : thrown;
        }
    }

    @Override
    public void onCut(SubtaskCut ignored) {
        cut.countDown();
    }

    /** One that ends has nothing more to say. */
    @Override
    public void onThreadEnd(SubtaskId subtask) {
        drained.countDown();
        cut.countDown();
        ended.countDown();
    }
}
