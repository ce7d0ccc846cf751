package io.selvage.api.graph;

/**
 * A stream from one vertex to another.
 *
 * @param definition an {@link EdgeDefinition} as {@link Opaque} bytes
 * @param input which input of the receiving vertex's head it belongs to: 0, or 1 of a step with two inputs; several
 *     edges to the same input are a union
 * @param output of the producing vertex's last operator: empty for its elements, else the name of a side output
 * @param timeless no element of it has event time, so that it does not count for the receiver's watermark
 */
public record Edge(
        int id,
        int from,
        int to,
        Partitioning partitioning,
        byte[] definition,
        int input,
        String output,
        boolean timeless) {
    public Edge {
        if (input < 0 || input > 1) {
            throw new IllegalArgumentException("edge " + id + " leads to the input " + input + "; there are 0 and 1");
        }
    }

    /** Of the elements themselves, with event time, to a vertex of one input. */
    public Edge(int id, int from, int to, Partitioning partitioning, byte[] definition) {
        this(id, from, to, partitioning, definition, 0, "", false);
    }
}
