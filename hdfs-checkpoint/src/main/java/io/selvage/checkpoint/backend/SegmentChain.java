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
    /** In so many cuts, at most, every group has been written whole once. With two to spare, 64 segments are most. */
    static final int MOST_CUTS_PER_ROUND = 60;
    /** Changes that one round may add, in sizes of the state. */
    static final double CHANGES_PER_ROUND = 1.5;
    /** A chain of more than that, in sizes of the state, is given up for one segment. */
    static final double MOST_CHAIN_BYTES = 4;

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
    boolean isWorthLessThan(long changedBytes) {
        long state = stateBytes();
        long chained = links.stream().mapToLong(Link::bytes).sum();
        return changedBytes >= state / 2
                || chained + changedBytes > MOST_CHAIN_BYTES * state
                || links.size() >= MOST_CUTS_PER_ROUND + 3;
    }

    /** The groups that the next segment should have whole: those that were not for longest. */
    boolean[] dueGroups(long changedBytes) {
        double cuts = CHANGES_PER_ROUND * stateBytes() / Math.max(1, changedBytes);
        int perRound = (int) Math.max(1, Math.min(MOST_CUTS_PER_ROUND, cuts));
        int leastGroups = (groupBytes.length + perRound - 1) / perRound;
        boolean[] due = new boolean[groupBytes.length];
        List<Integer> oldestFirst = IntStream.range(0, due.length)
                .boxed()
                .sorted(Comparator.comparingLong(group -> wholeSince[group]))
                .toList();
        oldestFirst.stream().limit(leastGroups).forEach(group -> due[group] = true);
        return due;
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
