package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The segments that make up a checkpoint's keyed state in one subtask, and when each of its key groups was last written
 * whole; immutable. It decides what the next segment must hold so that there are never many, nor much that is outdated.
 */
final class SegmentChain {
    /** Cuts that a chain may have beyond one round. */
    private static final int SPARE_CUTS = 3;

    /**
     * How long a chain may be.
     *
     * @param mostCutsPerRound in so many cuts, at most, every group has been written whole once
     * @param changesPerRound that one round may add, in sizes of the state
     * @param mostChanged a segment with changes of more than that, in sizes of the state, stands alone
     * @param mostChainBytes a chain of more than that, in sizes of the state, is given up for one segment
     */
    record Bounds(int mostCutsPerRound, double changesPerRound, double mostChanged, double mostChainBytes) {
        /** Of segments that have to be taken apart row by row. With those to spare, 64 segments are most. */
        static final Bounds ROWS = new Bounds(60, 1.5, 0.5, 4);
        /** Of files that are taken in as they are: to read them costs less, and there may be much to write again. */
        static final Bounds FILES = new Bounds(250, 4, 0.5, 7);
    }

    /** A segment. */
    record Link(long checkpoint, long bytes) {}

    private final List<Link> links; // Oldest first.
    private final long[] wholeSince; // By group of the range: the checkpoint; 0: never.
    private final long[] groupBytes;

    SegmentChain(List<Link> links, long[] wholeSince, long[] groupBytes) {
        this.links = List.copyOf(links);
        this.wholeSince = wholeSince.clone();
        this.groupBytes = groupBytes.clone();
    }

    /** One segment that stands alone. */
    static SegmentChain of(Link link, long[] groupBytes) {
        long[] since = new long[groupBytes.length];
        Arrays.fill(since, link.checkpoint());
        return new SegmentChain(List.of(link), since, groupBytes);
    }

    /** Segments of checkpoints before it hold nothing that counts. */
    long oldestNeeded() {
        return Arrays.stream(wholeSince).min().orElse(0);
    }

    long stateBytes() {
        return Arrays.stream(groupBytes).sum();
    }

    long[] wholeSince() {
        return wholeSince.clone();
    }

    long[] groupBytes() {
        return groupBytes.clone();
    }

    int length() {
        return links.size();
    }

    /** Whether the next segment should stand alone. */
    boolean isWorthLessThan(long changedBytes, Bounds bounds) {
        long state = stateBytes();
        long chained = links.stream().mapToLong(Link::bytes).sum();
        return changedBytes >= bounds.mostChanged() * state
                || chained + changedBytes > bounds.mostChainBytes() * state
                || links.size() >= bounds.mostCutsPerRound() + SPARE_CUTS;
    }

    /** The groups that the next segment should have whole: those that were not for longest. */
    boolean[] dueGroups(long changedBytes, Bounds bounds) {
        double cuts = bounds.changesPerRound() * stateBytes() / Math.max(1, changedBytes);
        int perRound = (int) Math.max(1, Math.min(bounds.mostCutsPerRound(), cuts));
        boolean[] due = new boolean[groupBytes.length];
        List<Integer> oldestFirst = IntStream.range(0, due.length)
                .boxed()
                .sorted(Comparator.comparingLong(group -> wholeSince[group]))
                .toList();
        oldestFirst.stream().limit(dueCount(perRound)).forEach(group -> due[group] = true);
        return due;
    }

    /** Where there are more cuts to a round than groups, not every cut has one. */
    private int dueCount(int perRound) {
        int groups = groupBytes.length;
        int cutsPerGroup = perRound / Math.max(1, groups);
        if (cutsPerGroup <= 1) {
            return (groups + perRound - 1) / perRound;
        }
        long last = Arrays.stream(wholeSince).max().orElse(0);
        long cutsSince = links.stream().filter(link -> link.checkpoint() > last).count() + 1;
        return cutsSince >= cutsPerGroup ? 1 : 0;
    }

    /** With one more segment, and without those that only the chain before this one needed. */
    SegmentChain with(Link added, long[] newWholeSince, long[] newGroupBytes) {
        long oldest = oldestNeeded();
        List<Link> kept = new ArrayList<>();
        links.stream().filter(link -> link.checkpoint() >= oldest).forEach(kept::add);
        kept.add(added);
        return new SegmentChain(kept, newWholeSince, newGroupBytes);
    }
}
