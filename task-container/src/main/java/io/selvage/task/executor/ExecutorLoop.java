package io.selvage.task.executor;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the executor: its thread owns {@link TaskExecutor}, and other threads post to its inbox. An exception here is a
 * broken invariant and ends the process.
 */
public final class ExecutorLoop implements Inbox, Runnable {
    /** Events that may wait; who posts one more waits until there is room. */
    static final int INBOX_CAPACITY = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(ExecutorLoop.class);

    private final ExecutorServices services;
    private final TaskExecutor executor;
    private final BlockingQueue<ExecutorEvent> inbox = new ArrayBlockingQueue<>(INBOX_CAPACITY);
    private volatile boolean stopped; // Volatile: the loop ends between two events, whatever waits in its inbox.

    public ExecutorLoop(ExecutorSettings settings, ExecutorServices services) {
        this.services = services;
        this.executor = new TaskExecutor(settings, services, this);
    }

    /** Any thread. */
    RestoreFigures figures() {
        return executor.figures();
    }

    @Override
    public void post(ExecutorEvent event) {
        boolean interrupted = false;
        try {
            while (!stopped) {
                try {
                    if (inbox.offer(event, 1, TimeUnit.SECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the loop; the process, or the test, is about to end. */
    public void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                runOnce();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            services.exit().exit(ExitCode.FATAL, "The executor's loop was interrupted.");
        } catch (Throwable broken) {
            LOG.error("The executor can't go on", broken);
            services.exit().exit(ExitCode.FATAL, "The executor can't go on: " + broken);
        }
    }

    private void runOnce() throws InterruptedException {
        long nowNanos = services.clock().nanos();
        long waitNanos = executor.onTime(nowNanos) - nowNanos;
        ExecutorEvent event = inbox.poll(Math.max(0, waitNanos), TimeUnit.NANOSECONDS);
        if (event != null) {
            executor.on(event);
        }
    }
}
