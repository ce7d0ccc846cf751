package io.selvage.protocol.id;

import java.util.Comparator;
import java.util.Optional;

/** One of the parallel instances of a vertex; {@code index} counts from 0. */
public record SubtaskId(VertexId vertex, int index) implements Comparable<SubtaskId> {
    private static final Comparator<SubtaskId> ORDER =
            Comparator.comparing(SubtaskId::vertex).thenComparingInt(SubtaskId::index);

    public SubtaskId {
        if (index < 0) {
            throw new IllegalArgumentException("A subtask's index is 0 or more, not " + index + ".");
        }
    }

    public static SubtaskId of(int vertex, int index) {
        return new SubtaskId(new VertexId(vertex), index);
    }

    /** As a message names it; empty if no subtask has such numbers. */
    public static Optional<SubtaskId> tryOf(int vertex, int index) {
        return vertex < 0 || index < 0 ? Optional.empty() : Optional.of(of(vertex, index));
    }

    @Override
    public int compareTo(SubtaskId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return vertex + "." + index;
    }
}
