package io.selvage.api.graph;

/** @param definition an {@link EdgeDefinition} as {@link Opaque} bytes */
public record Edge(int id, int from, int to, Partitioning partitioning, byte[] definition) {}
