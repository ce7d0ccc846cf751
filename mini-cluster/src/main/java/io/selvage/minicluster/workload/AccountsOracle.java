package io.selvage.minicluster.workload;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Knows from the input alone what {@link Workload} must have put out, but for the order in which the records of two
 * readers meet at a key, which is free. For one thread; holds all of the output.
 */
public final class AccountsOracle {
    private static final int SHOWN = 5;

    private final int readers;
    private final long keys;
    private final long end;
    private final List<BitSet> seen = new ArrayList<>();
    private final Map<Long, List<Update>> byKey = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private long lines;
    private long repeated;
    private long foreign;
    private long disordered;
    private long miscounted;

    /** @param end the sequence number before which every reader has ended */
    public AccountsOracle(int readers, long keys, long end) {
        this.readers = readers;
        this.keys = keys;
        this.end = end;
        for (int reader = 0; reader < readers; reader++) {
            seen.add(new BitSet());
        }
    }

    /** A line of the output, without its header. */
    public void add(String line) {
        String[] fields = line.split(",", -1);
        Update update = new Update(
                Long.parseLong(fields[0]),
                Integer.parseInt(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[4]));
        lines++;
        if (update.reader() < 0
                || update.reader() >= readers
                || update.sequence() < 0
                || update.sequence() >= end
                || update.key() != Arrivals.key(update.reader(), update.sequence(), readers, keys, 0)) {
            foreign++;
            note("never arrived: " + line);
            return;
        }
        BitSet ofReader = seen.get(update.reader());
        if (ofReader.get((int) update.sequence())) {
            repeated++;
            note("twice: " + line);
        }
        ofReader.set((int) update.sequence());
        byKey.computeIfAbsent(update.key(), key -> new ArrayList<>()).add(update);
    }

    private void note(String sentence) {
        if (wrong.size() < SHOWN) {
            wrong.add(sentence);
        }
    }

    /** What is wrong with all that was added; call it once. */
    public Verdict verdict() {
        long lost = 0;
        for (int reader = 0; reader < readers; reader++) {
            long missing = end - seen.get(reader).cardinality();
            lost += missing;
            if (missing > 0) {
                note(missing + " records of reader " + reader + " are lost, the first of them "
                        + seen.get(reader).nextClearBit(0));
            }
        }
        byKey.values().forEach(this::checkKey);
        return new Verdict(lines, lost, repeated, foreign, disordered, miscounted, List.copyOf(wrong));
    }

    /** The account's own numbers tell the order; in it each reader's records go up, and the sums come out. */
    private void checkKey(List<Update> updates) {
        updates.sort(Comparator.comparingLong(Update::updates));
        long[] last = new long[readers];
        Arrays.fill(last, -1);
        long sum = 0;
        long number = 0;
        for (Update update : updates) {
            number++;
            sum += Arrivals.amount(update.reader(), update.sequence());
            if (update.updates() != number || update.sum() != sum) {
                miscounted++;
                note("expected update " + number + " with the sum " + sum + " and found " + update);
                return;
            }
            if (update.sequence() <= last[update.reader()]) {
                disordered++;
                note("out of order: " + update);
            }
            last[update.reader()] = update.sequence();
        }
    }

    /**
     * What the comparison has come to.
     *
     * @param lost records that arrived and are not in the output
     * @param repeated records that are in it again
     * @param foreign lines of records that never arrived
     * @param disordered records of a reader that overtook each other at a key
     * @param miscounted keys whose state went wrong
     * @param wrong the first few, in words
     */
    public record Verdict(
            long lines, long lost, long repeated, long foreign, long disordered, long miscounted, List<String> wrong) {
        public boolean isRight() {
            return lost == 0 && repeated == 0 && foreign == 0 && disordered == 0 && miscounted == 0;
        }
    }
}
