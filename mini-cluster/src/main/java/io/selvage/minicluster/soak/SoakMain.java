package io.selvage.minicluster.soak;

import io.selvage.minicluster.MiniCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The process that {@code scripts/soak.sh} starts. */
public final class SoakMain {
    private static final int FAILED = 1;
    private static final int WRONG_COMMAND_LINE = 2;
    private static final int BROKEN = 3;

    private SoakMain() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    private static int run(String... arguments) {
        Path home = Path.of(System.getProperty("selvage.home", "."))
                .toAbsolutePath()
                .normalize();
        SoakSettings settings;
        try {
            settings = parse(home, arguments);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            return WRONG_COMMAND_LINE;
        }
        // Attempts that fail within the window count, and a soak has many in it.
        try (MiniCluster cluster = MiniCluster.builder(settings.folder().resolve("cluster"))
                .maxAppAttempts(10_000)
                .start()) {
            SoakReport report = Soak.run(cluster, settings, SoakMain::say);
            report.lines().forEach(SoakMain::say);
            return report.isRight() ? 0 : BROKEN;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return FAILED;
        } catch (IOException | RuntimeException failed) {
            System.err.println("The soak has failed: " + failed.getMessage());
            failed.printStackTrace(System.err);
            return FAILED;
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static SoakSettings parse(Path home, String... arguments) {
        int faults = 20;
        long seed = System.currentTimeMillis() % 1_000_000;
        double rate = SoakSettings.DEFAULT_RATE;
        Path folder = home.resolve(".selvage/soak");
        Deque<String> left = new ArrayDeque<>(List.of(arguments));
        while (!left.isEmpty()) {
            String option = left.pop();
            if (left.isEmpty()) {
                throw new IllegalArgumentException("No value follows " + option + ".");
            }
            String value = left.pop();
            switch (option) {
                case "--faults" -> faults = Integer.parseInt(value);
                case "--seed" -> seed = Long.parseLong(value);
                case "--rate" -> rate = Double.parseDouble(value);
                case "--folder" -> folder = Path.of(value).toAbsolutePath();
                default ->
                    throw new IllegalArgumentException("There is no option " + option
                            + "; there are --faults N, --seed N, --rate N and --folder DIRECTORY.");
            }
        }
        return new SoakSettings(home, folder, faults, seed, rate, SoakSettings.DEFAULT_KEYS);
    }
}
