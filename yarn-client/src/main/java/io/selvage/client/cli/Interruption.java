package io.selvage.client.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * Does something when the process is ended from outside of the command: by Ctrl-C, a signal, or a program that calls
 * System.exit. In force until it is closed; any thread may close it.
 */
final class Interruption implements AutoCloseable {
    /** Above Hadoop's own hook, which closes the file systems that the action may need. */
    private static final int PRIORITY = 50;

    private static final long PATIENCE_SECONDS = 60;

    private final AtomicBoolean armed = new AtomicBoolean(true);
    private final Runnable hook;

    /** What to do, told whether it was the program that exited. */
    interface Action {
        void onEnd(boolean bySystemExit);
    }

    Interruption(Action action) {
        this.hook = () -> {
            if (armed.getAndSet(false)) {
                action.onEnd(someoneCalledExit());
            }
        };
        if (!ShutdownHookManager.get().isShutdownInProgress()) {
            ShutdownHookManager.get().addShutdownHook(hook, PRIORITY, PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** A signal ends the JVM without passing System.exit. */
    private static boolean someoneCalledExit() {
        for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
            for (StackTraceElement frame : stack) {
                if (frame.getClassName().equals("java.lang.Runtime")
                        && frame.getMethodName().equals("exit")) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public void close() {
        armed.set(false);
        if (!ShutdownHookManager.get().isShutdownInProgress()) {
            ShutdownHookManager.get().removeShutdownHook(hook);
        }
    }
}
