package io.selvage.minicluster.throughput;

import io.selvage.minicluster.throughput.program.Latencies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What readers and sinks have left in a directory of this machine. */
final class Measured {
    private final Path directory;

    Measured(Path directory) {
        this.directory = directory;
    }

    /** What the sinks have taken. */
    record Output(long records, long sum, Latencies latencies) {}

    /** Records of each reader when it ended. */
    List<Long> ends() throws IOException {
        List<Long> ends = new ArrayList<>();
        for (List<long[]> notes : readers()) {
            ends.add(notes.get(notes.size() - 1)[1]);
        }
        return ends;
    }

    /** Records of all readers by then, between whose notes it is told in proportion. */
    double recordsBy(long nanos) throws IOException {
        double records = 0;
        for (List<long[]> notes : readers()) {
            for (int i = 1; i < notes.size(); i++) {
                long[] before = notes.get(i - 1);
                long[] after = notes.get(i);
                if (after[0] >= nanos) {
                    double share = (double) (nanos - before[0]) / (after[0] - before[0]);
                    records += before[1] + Math.max(0, share) * (after[1] - before[1]);
                    break;
                }
            }
        }
        return records;
    }

    Output output() throws IOException {
        long records = 0;
        long sum = 0;
        Latencies all = new Latencies();
        for (Path file : files("sink-")) {
            List<String> lines = Files.readAllLines(file);
            String[] totals = lines.get(0).split(",");
            records += Long.parseLong(totals[0]);
            sum += Long.parseLong(totals[1]);
            String[] counts = lines.get(1).split(",");
            for (int bucket = 0; bucket < counts.length; bucket++) {
                all.add(bucket, Long.parseLong(counts[bucket]));
            }
        }
        return new Output(records, sum, all);
    }

    /** Nanoseconds and records, by reader; what is being written may lack its end. */
    private List<List<long[]>> readers() throws IOException {
        List<List<long[]>> readers = new ArrayList<>();
        for (Path file : files("reader-")) {
            String text = Files.readString(file);
            List<long[]> notes = new ArrayList<>();
            for (String line :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                int comma = line.indexOf(',');
                notes.add(
                        new long[] {Long.parseLong(line.substring(0, comma)), Long.parseLong(line.substring(comma + 1))
                        });
            }
            readers.add(notes);
        }
        return readers;
    }

    private List<Path> files(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }
}
