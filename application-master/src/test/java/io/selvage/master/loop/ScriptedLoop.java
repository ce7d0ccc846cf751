package io.selvage.master.loop;

import com.google.protobuf.Message;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Answers the questions of the status page in a thread of its own, as the master's loop does, unless it is held: then
 * it takes nothing. Its methods are for one other thread.
 */
public final class ScriptedLoop implements AutoCloseable {
    private final Questions questions;
    private final Inbox inbox;
    private final Message session;
    private final Message jobs;
    private final Thread thread;
    private volatile CountDownLatch released = new CountDownLatch(0); // Volatile: the test's thread holds the loop.

    /**
     * @param session the answer to each question about the session
     * @param jobs that to each about its jobs
     */
    public ScriptedLoop(Message session, Message jobs) {
        this.inbox = new Inbox(what -> {
            throw new IllegalStateException(what);
        });
        this.questions = new Questions(inbox);
        this.session = session;
        this.jobs = jobs;
        this.thread = new Thread(this::run, "scripted-loop");
        thread.setDaemon(true);
        thread.start();
    }

    public Questions questions() {
        return questions;
    }

    /** Until {@link #release}. A question that it has taken already may still be answered. */
    public void hold() {
        released = new CountDownLatch(1);
    }

    public void release() {
        released.countDown();
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }

    private void run() {
        try {
            while (true) {
                released.await();
                MasterEvent event = inbox.poll(TimeUnit.MILLISECONDS.toNanos(20));
                if (event != null) {
                    released.await();
                    answer(event);
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(MasterEvent event) {
        if (event instanceof MasterEvent.SessionQueried about) {
            answer(about.request(), session);
        } else if (event instanceof MasterEvent.JobsQueried about) {
            answer(about.request(), jobs);
        } else {
            throw new IllegalStateException("the status page posts " + event);
        }
    }

    private void answer(RequestId request, Message response) {
        questions.answer(request, response);
    }
}
