package io.selvage.protocol.threads;

import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ThreadDump;
import io.selvage.protocol.wire.ThreadStack;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the threads of this process do at this moment; for any thread, which is left out itself. It stops the
 * process for milliseconds, and what it answers is far below the largest message, however many threads there are.
 */
public final class ThreadStacks {
    /** Further ones are counted, and left out. */
    static final int MOST_THREADS = 1_000;
    /** Of a thread; what lies further out is cut. */
    static final int MOST_FRAMES = 150;
    /** Of all threads together. */
    static final int MOST_BYTES = 2 << 20;

    private static final Comparator<ThreadStack> ORDER =
            Comparator.comparing((ThreadStack stack) -> !stack.getDeadlocked()).thenComparing(ThreadStack::getName);

    private ThreadStacks() {}

    public static ThreadDump take(DumpThreads wanted) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        boolean hasTimes = threads.isThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();
        Set<Long> deadlocked = setOf(threads.findDeadlockedThreads());
        List<ThreadStack> stacks = new ArrayList<>();
        for (ThreadInfo thread : threads.dumpAllThreads(false, false, MOST_FRAMES + 1)) {
            long id = thread.getThreadId();
            if (id != Thread.currentThread().getId() && isWanted(wanted, thread.getThreadName())) {
                long cpuNanos = hasTimes ? threads.getThreadCpuTime(id) : -1;
                stacks.add(stackOf(thread, cpuNanos, deadlocked.contains(id)));
            }
        }
        return bounded(stacks)
                .setRequest(wanted.getRequest())
                .setTimeMillis(System.currentTimeMillis())
                .setPid(ProcessHandle.current().pid())
                .build();
    }

    private static boolean isWanted(DumpThreads wanted, String name) {
        return wanted.getName().isEmpty()
                || (wanted.getIsPrefix() ? name.startsWith(wanted.getName()) : name.equals(wanted.getName()));
    }

    private static Set<Long> setOf(long @Nullable [] ids) {
        Set<Long> set = new HashSet<>();
        if (ids != null) {
            for (long id : ids) {
                set.add(id);
            }
        }
        return set;
    }

    private static ThreadStack stackOf(ThreadInfo thread, long cpuNanos, boolean isDeadlocked) {
        ThreadStack.Builder stack = ThreadStack.newBuilder()
                .setName(thread.getThreadName())
                .setState(thread.getThreadState().name())
                .setCpuMillis(cpuNanos < 0 ? -1 : cpuNanos / 1_000_000)
                .setDeadlocked(isDeadlocked);
        String lock = thread.getLockName();
        if (lock != null) {
            stack.setWaitsFor(lock);
        }
        String owner = thread.getLockOwnerName();
        if (owner != null) {
            stack.setHeldBy(owner);
        }
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (stack.getFramesCount() == MOST_FRAMES) {
                stack.setIsCut(true);
                break;
            }
            stack.addFrames(withoutModule(frame));
        }
        return stack.build();
    }

    /** Names of loaders and modules, with their versions, would be most of what is read. */
    private static String withoutModule(StackTraceElement frame) {
        return new StackTraceElement(
                        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber())
                .toString();
    }

    /** Those that fit, and how many do not. */
    static ThreadDump.Builder bounded(List<ThreadStack> stacks) {
        ThreadDump.Builder dump = ThreadDump.newBuilder();
        List<ThreadStack> ordered = stacks.stream().sorted(ORDER).toList();
        int bytes = 0;
        for (ThreadStack stack : ordered) {
            bytes += stack.getSerializedSize();
            if (bytes > MOST_BYTES || dump.getThreadsCount() == MOST_THREADS) {
                break;
            }
            dump.addThreads(stack);
        }
        return dump.setLeftOut(ordered.size() - dump.getThreadsCount());
    }
}
