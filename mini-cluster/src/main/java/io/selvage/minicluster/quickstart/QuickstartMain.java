package io.selvage.minicluster.quickstart;

import io.selvage.client.session.UserDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The program behind {@code scripts/quickstart.sh}, which has built the project and started the mini-cluster. */
public final class QuickstartMain {
    static final int VERIFIED = 0;
    static final int FAILED = 1;
    static final int WRONG_COMMAND_LINE = 2;
    static final int DIFFERENT = 3;
    static final int INTERRUPTED = 130;

    private static final long CLEAN_UP_SECONDS = 40;

    /** 20,000 flights then last 33 seconds; the faults come in the first half of a minute. */
    private static final double HIGHEST_RATE = 600;

    private @Nullable Path json;
    private boolean keep;
    private double rate = QuickstartSettings.DEFAULT_FLIGHTS_PER_SECOND;

    private QuickstartMain() {}

    public static void main(String[] arguments) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        // Ctrl-C: what was started is stopped by the thread that owns it, and the process ends when that is done.
        Thread interruption = new Thread(
                () -> {
                    main.interrupt();
                    try {
                        if (!ended.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS)) {
                            System.err.println("Cleaning up takes too long; the rest is left to the cluster.");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interruption");
        Runtime.getRuntime().addShutdownHook(interruption);
        int exitCode = new QuickstartMain().run(arguments, System.err);
        ended.countDown();
        System.exit(exitCode);
    }

    private int run(String[] arguments, PrintStream err) {
        try {
            parse(arguments);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return WRONG_COMMAND_LINE;
        }
        Path home = Path.of(System.getProperty("selvage.home", "."))
                .toAbsolutePath()
                .normalize();
        Path hadoopFolder = Path.of(System.getProperty("selvage.quickstart.hadoop"));
        Path userDirectory = UserDirectory.of(System.getenv());
        try {
            QuickstartReport report = Quickstart.run(new QuickstartSettings(
                    home, hadoopFolder, userDirectory, keep, rate, QuickstartSettings.DEFAULT_UNDISTURBED));
            if (json != null) {
                Files.writeString(json, report.toJson() + "\n");
            }
            return report.isVerified() ? VERIFIED : DIFFERENT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return INTERRUPTED;
        } catch (QuickstartException | IOException | RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                return INTERRUPTED;
            }
            err.println("\nThe quickstart has failed: " + e.getMessage());
            return FAILED;
        }
    }

    private void parse(String... arguments) {
        Deque<String> left = new ArrayDeque<>(List.of(arguments));
        while (!left.isEmpty()) {
            String option = left.pop();
            switch (option) {
                case "--keep" -> keep = true;
                case "--json" -> json = Path.of(value(option, left));
                case "--rate" -> rate = rate(value(option, left));
                default ->
                    throw new IllegalArgumentException(
                            "There is no option " + option + "; there are --keep, --json FILE and --rate N.");
            }
        }
    }

    private static double rate(String value) {
        try {
            double rate = Double.parseDouble(value);
            if (rate > 0 && rate <= HIGHEST_RATE) {
                return rate;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--rate is a number of flights a second, which " + value + " is not.", e);
        }
        throw new IllegalArgumentException("--rate " + value + " does not do: it is above 0, and at most "
                + HIGHEST_RATE + ", or the job would end before its processes are killed.");
    }

    private static String value(String option, Deque<String> left) {
        if (left.isEmpty()) {
            throw new IllegalArgumentException("The option " + option + " needs a value after it.");
        }
        return left.pop();
    }
}
