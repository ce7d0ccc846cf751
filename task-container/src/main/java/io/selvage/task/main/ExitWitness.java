package io.selvage.task.main;

import io.selvage.task.executor.ExitCode;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who has ended this process, if that was a user's function. Any thread may end the process; hence the atomic.
 *
 * <p>What calls {@code System.exit} waits inside of it for the hooks to run, so that a hook can see it there.
 */
final class ExitWitness {
    private static final Logger LOG = LoggerFactory.getLogger(ExitWitness.class);

    private final AtomicBoolean expected = new AtomicBoolean();

    void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::onExit, "exit-witness"));
    }

    /** Ends the process for a reason that is known. */
    void exit(ExitCode code) {
        expected.set(true);
        System.exit(code.code());
    }

    private void onExit() {
        if (!expected.get()) {
            testimony(Thread.getAllStackTraces()).ifPresent(sentence -> {
                LOG.error(sentence);
                lastWords(sentence);
                // The status that was chosen says nothing to YARN, and 0 would even hide the function's words.
                Runtime.getRuntime().halt(ExitCode.EXITED_BY_FUNCTION.code());
            });
        }
    }

    /** YARN shows the end of the standard error to the master. */
    static void lastWords(String sentence) {
        System.err.println("selvage executor: " + sentence);
        System.err.flush();
        System.out.flush();
    }

    /** Empty if no thread has asked for the end: it was a signal. */
    static Optional<String> testimony(Map<Thread, StackTraceElement[]> stacks) {
        for (Map.Entry<Thread, StackTraceElement[]> each : stacks.entrySet()) {
            boolean hasExited = false;
            for (StackTraceElement frame : each.getValue()) {
                boolean isRuntime = frame.getClassName().equals(Runtime.class.getName());
                boolean isSystem = frame.getClassName().equals(System.class.getName());
                if (isRuntime && frame.getMethodName().equals("exit")) {
                    hasExited = true;
                } else if (hasExited && !isRuntime && !isSystem) {
                    return Optional.of("A function has called System.exit at " + where(frame) + ", in thread \""
                            + each.getKey().getName() + "\": let it throw an exception instead.");
                }
            }
        }
        return Optional.empty();
    }

    /** Without the name of the class loader, which is ours. */
    private static String where(StackTraceElement frame) {
        return frame.getClassName() + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                + frame.getLineNumber() + ")";
    }
}
