package io.selvage.minicluster.recovery;

import io.selvage.minicluster.workload.Line;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** What the sink's subtasks have noted; a snapshot of their files, immutable. */
public final class OutputLog {
    /** Records are in time again if none is late for so long. */
    private static final long QUIET_MILLIS = 1000;
    /** From the usual latency that a fault is compared with. */
    private static final long USUAL_MILLIS = 5000;
    /** A latency this far above the usual one is still in time. */
    private static final long TOLERANCE_MILLIS = 100;
    /** That are read of each file: minutes. */
    private static final long MOST_BYTES = 2 << 20;

    /** Lines of one incarnation of a subtask, in order. */
    record Run(int subtask, long incarnation, List<Line> lines) {}

    private final List<Run> runs;

    OutputLog(List<Run> runs) {
        this.runs = List.copyOf(runs);
    }

    /** All that subtasks have noted in a directory of this machine. */
    public static OutputLog read(Path directory) throws IOException {
        List<Run> runs = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.csv")) {
            for (Path file : files) {
                String[] name =
                        file.getFileName().toString().replace(".csv", "").split("-", -1);
                runs.add(new Run(Integer.parseInt(name[0]), Long.parseLong(name[1]), lines(file)));
            }
        }
        runs.sort(Comparator.comparingInt(Run::subtask).thenComparingLong(Run::incarnation));
        return new OutputLog(runs);
    }

    /** Of the file's end, whole lines. */
    private static List<Line> lines(Path file) throws IOException {
        String text;
        long skipped;
        try (FileChannel in = FileChannel.open(file)) {
            skipped = Math.max(0, in.size() - MOST_BYTES);
            ByteBuffer bytes = ByteBuffer.allocate((int) (in.size() - skipped));
            in.position(skipped);
            while (bytes.hasRemaining() && in.read(bytes) >= 0) {
                // Until it is full.
            }
            text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
        }
        int from = skipped == 0 ? 0 : text.indexOf('\n') + 1;
        return text.substring(from, Math.max(from, text.lastIndexOf('\n') + 1))
                .lines()
                .map(Line::parse)
                .toList();
    }

    private Map<Integer, List<Line>> bySubtask() {
        Map<Integer, List<Line>> lines = new TreeMap<>();
        for (Run run : runs) {
            lines.computeIfAbsent(run.subtask(), subtask -> new ArrayList<>()).addAll(run.lines());
        }
        lines.values().forEach(all -> all.sort(Comparator.comparingLong(Line::millis)));
        return lines;
    }

    /** The longest time without output of a subtask that overlaps an interval: the worst subtask's. */
    long gapMillis(long fromMillis, long untilMillis) {
        return bySubtask().values().stream()
                .mapToLong(lines -> longestGap(lines, fromMillis, untilMillis))
                .max()
                .orElse(0);
    }

    /** The longest time in which no subtask at all had output. */
    long silenceMillis(long fromMillis, long untilMillis) {
        List<Line> all = runs.stream()
                .flatMap(run -> run.lines().stream())
                .sorted(Comparator.comparingLong(Line::millis))
                .toList();
        return longestGap(all, fromMillis, untilMillis);
    }

    private static long longestGap(List<Line> lines, long fromMillis, long untilMillis) {
        long longest = 0;
        for (int i = 1; i < lines.size(); i++) {
            long before = lines.get(i - 1).millis();
            long after = lines.get(i).millis();
            if (after >= fromMillis && before <= untilMillis) {
                longest = Math.max(longest, after - before);
            }
        }
        long last = lines.isEmpty() ? fromMillis : lines.get(lines.size() - 1).millis();
        return last < untilMillis ? Math.max(longest, untilMillis - Math.max(last, fromMillis)) : longest;
    }

    /** The usual longest latency before a fault: 99 of 100 lines have less. */
    long usualLatencyMillis(long beforeMillis) {
        long[] latencies = runs.stream()
                .flatMap(run -> run.lines().stream())
                .filter(line -> line.millis() < beforeMillis && line.millis() >= beforeMillis - USUAL_MILLIS)
                .mapToLong(Line::latencyMillis)
                .sorted()
                .toArray();
        return latencies.length == 0 ? 0 : latencies[latencies.length * 99 / 100];
    }

    /** How long after the fault records are in time again, and stay so for a second; empty: not yet. */
    OptionalLong caughtUpMillis(long faultMillis) {
        long bound = usualLatencyMillis(faultMillis) + TOLERANCE_MILLIS;
        long worst = 0;
        for (List<Line> lines : bySubtask().values()) {
            OptionalLong one = caughtUpMillis(lines, faultMillis, bound);
            if (one.isEmpty()) {
                return one;
            }
            worst = Math.max(worst, one.getAsLong());
        }
        return OptionalLong.of(worst);
    }

    private static OptionalLong caughtUpMillis(List<Line> lines, long faultMillis, long boundMillis) {
        long since = endOfLongestGap(lines, faultMillis);
        boolean wasLate = false;
        for (Line line : lines) {
            if (line.millis() < since) {
                continue;
            }
            if (line.latencyMillis() > boundMillis) {
                since = line.millis();
                wasLate = true;
            } else if (line.millis() - since >= QUIET_MILLIS) {
                return OptionalLong.of(wasLate ? since - faultMillis : 0);
            }
        }
        return OptionalLong.empty();
    }

    private static long endOfLongestGap(List<Line> lines, long fromMillis) {
        long longest = 0;
        long end = fromMillis;
        for (int i = 1; i < lines.size(); i++) {
            long gap = lines.get(i).millis() - lines.get(i - 1).millis();
            if (lines.get(i).millis() >= fromMillis && gap > longest) {
                longest = gap;
                end = lines.get(i).millis();
            }
        }
        return end;
    }

    /** How many records, of those that came out before an incarnation started, its readers read again. */
    public long replayed(long incarnation) {
        long replayed = 0;
        for (int reader = 0; reader < readers(); reader++) {
            int which = reader;
            long highestBefore = highestBefore(incarnation, reader);
            long lowestSince = runs.stream()
                    .filter(run -> run.incarnation() == incarnation)
                    .flatMap(run -> run.lines().stream())
                    .mapToLong(line -> line.first().get(which))
                    .filter(first -> first >= 0)
                    .min()
                    .orElse(highestBefore + 1);
            replayed += Math.max(0, highestBefore - lowestSince + 1);
        }
        return replayed;
    }

    /** How many records of all readers had come out before an incarnation, each counted once. */
    public long recordsBefore(long incarnation) {
        long records = 0;
        for (int reader = 0; reader < readers(); reader++) {
            records += highestBefore(incarnation, reader) + 1;
        }
        return records;
    }

    private int readers() {
        return runs.stream()
                .flatMap(run -> run.lines().stream())
                .mapToInt(line -> line.first().size())
                .max()
                .orElse(0);
    }

    private long highestBefore(long incarnation, int reader) {
        return runs.stream()
                .filter(run -> run.incarnation() < incarnation)
                .flatMap(run -> run.lines().stream())
                .mapToLong(line -> line.last().get(reader))
                .max()
                .orElse(-1);
    }
}
