package io.selvage.minicluster.throughput;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A workload by its name on the command line, with what it is unless options say otherwise. */
enum Work {
    PASS("pass", "pass", 100_000, 0, 0, "heap"),
    COUNT("count", "count", 100_000, 0, 0, "heap"),
    COUNT_ROCKSDB("count-rocksdb", "count", 1_000_000, 100, 0, "rocksdb"),
    WINDOW("window", "window", 10_000, 0, 0, "heap"),
    LATENCY("latency", "count", 100_000, 0, 50_000, "heap"),
    LARGE_STATE("large-state", "count", 1_000_000, 1000, 20_000, "rocksdb");

    private final String word;
    /** What the program calls it. */
    final String program;

    final long keys;
    /** Of each key; 0: a number. Other states are there from the beginning. */
    final int stateBytes;
    /** Records a second; 0: as many as there can be. */
    final double rate;

    final String backend;

    Work(String word, String program, long keys, int stateBytes, double rate, String backend) {
        this.word = word;
        this.program = program;
        this.keys = keys;
        this.stateBytes = stateBytes;
        this.rate = rate;
        this.backend = backend;
    }

    String word() {
        return word;
    }

    static Work of(String word) {
        return Arrays.stream(values())
                .filter(work -> work.word.equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("There is no workload " + word + ". " + ThroughputSettings.USAGE));
    }

    static String words() {
        return Arrays.stream(values()).map(Work::word).collect(Collectors.joining(", "));
    }
}
