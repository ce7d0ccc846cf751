package io.selvage.master.checkpoint;

/**
 * What is told of a vertex when it is about checkpoints.
 *
 * @param source barriers start there, or come from where they start only
 */
public record VertexFacts(int id, String name, boolean source) {}
