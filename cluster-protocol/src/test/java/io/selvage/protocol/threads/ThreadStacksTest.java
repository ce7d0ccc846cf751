package io.selvage.protocol.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ThreadDump;
import io.selvage.protocol.wire.ThreadStack;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadStacksTest {
    private final CountDownLatch end = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    @AfterEach
    void endThreads() throws InterruptedException {
        end.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void aThreadIsShownWhereItWaits() throws Exception {
        waiting(SubtaskThread.nameOf("job-1", "count", 1));
        ThreadDump dump = ThreadStacks.take(
                DumpThreads.newBuilder().setRequest(7).setName("job-1 count 1").build());
        assertThat(dump.getRequest()).isEqualTo(7);
        assertThat(dump.getTimeMillis()).isPositive();
        assertThat(dump.getPid()).isEqualTo(ProcessHandle.current().pid());
        ThreadStack stack = dump.getThreadsList().get(0);
        assertThat(stack.getState()).isEqualTo("WAITING");
        assertThat(stack.getWaitsFor()).contains("CountDownLatch");
        assertThat(stack.getFramesList()).anyMatch(frame -> frame.contains("ThreadStacksTest.waitForTheEnd"));
        assertThat(stack.getFramesList()).contains("jdk.internal.misc.Unsafe.park(Native Method)");
        assertThat(stack.getIsCut()).isFalse();
    }

    @Test
    void onlyTheThreadsAskedForAreShown() throws Exception {
        waiting(SubtaskThread.nameOf("job-1", "count", 1));
        waiting(SubtaskThread.nameOf("job-1", "count", 10));
        waiting(SubtaskThread.nameOf("job-10", "count", 1));
        assertThat(names(SubtaskThread.nameOf("job-1", "count", 1), false)).containsExactly("job-1 count 1");
        assertThat(names(SubtaskThread.prefixOf("job-1"), true)).containsExactly("job-1 count 1", "job-1 count 10");
        assertThat(names("", false))
                .contains("job-1 count 1", "job-10 count 1")
                .doesNotContain(Thread.currentThread().getName());
    }

    @Test
    void whoHoldsTheLockIsNamed() throws Exception {
        Object lock = new Object();
        CountDownLatch held = new CountDownLatch(1);
        start("holder", () -> {
            synchronized (lock) {
                held.countDown();
                waitForTheEnd();
            }
        });
        held.await();
        Thread blocked = start("blocked", () -> {
            synchronized (lock) {
                assertThat(Thread.holdsLock(lock)).isTrue();
            }
        });
        await(blocked, Thread.State.BLOCKED);
        ThreadStack stack = ThreadStacks.take(
                        DumpThreads.newBuilder().setName("blocked").build())
                .getThreads(0);
        assertThat(stack.getHeldBy()).isEqualTo("holder");
        assertThat(stack.getDeadlocked()).isFalse();
    }

    @Test
    void aDeepStackIsCut() throws Exception {
        CountDownLatch deep = new CountDownLatch(1);
        Thread thread = start("deep", () -> descend(ThreadStacks.MOST_FRAMES * 2, deep));
        deep.await();
        await(thread, Thread.State.WAITING);
        ThreadStack stack = ThreadStacks.take(
                        DumpThreads.newBuilder().setName("deep").build())
                .getThreads(0);
        assertThat(stack.getFramesCount()).isEqualTo(ThreadStacks.MOST_FRAMES);
        assertThat(stack.getIsCut()).isTrue();
    }

    @Test
    void whatDoesNotFitIsCountedAndDeadlocksComeFirst() {
        List<ThreadStack> stacks = new ArrayList<>();
        for (int number = 0; number < 40; number++) {
            stacks.add(ThreadStack.newBuilder()
                    .setName("thread " + number)
                    .addFrames("x".repeat(100_000))
                    .build());
        }
        stacks.add(
                ThreadStack.newBuilder().setName("zombie").setDeadlocked(true).build());
        ThreadDump dump = ThreadStacks.bounded(stacks).build();
        assertThat(dump.getSerializedSize()).isLessThan(ThreadStacks.MOST_BYTES + 1_000);
        assertThat(dump.getThreads(0).getName()).isEqualTo("zombie");
        assertThat(dump.getLeftOut()).isPositive().isEqualTo(stacks.size() - dump.getThreadsCount());
        List<ThreadStack> many = new ArrayList<>();
        for (int number = 0; number < ThreadStacks.MOST_THREADS + 3; number++) {
            many.add(ThreadStack.newBuilder().setName("thread").build());
        }
        assertThat(ThreadStacks.bounded(many).getLeftOut()).isEqualTo(3);
    }

    private static List<String> names(String name, boolean isPrefix) {
        return ThreadStacks.take(DumpThreads.newBuilder()
                        .setName(name)
                        .setIsPrefix(isPrefix)
                        .build())
                .getThreadsList()
                .stream()
                .map(ThreadStack::getName)
                .toList();
    }

    private void waiting(String name) throws InterruptedException {
        await(start(name, this::waitForTheEnd), Thread.State.WAITING);
    }

    private Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
        return thread;
    }

    private static void await(Thread thread, Thread.State state) throws InterruptedException {
        while (thread.getState() != state) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void descend(int frames, CountDownLatch deep) {
        if (frames > 0) {
            descend(frames - 1, deep);
        } else {
            deep.countDown();
            waitForTheEnd();
        }
    }

    private void waitForTheEnd() {
        try {
            end.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
