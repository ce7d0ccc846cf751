package io.selvage.api.graph;

/**
 * An operator of a chain.
 *
 * @param uid names the operator's state in checkpoints and savepoints; unique in the job
 * @param definition an {@link OperatorDefinition} as {@link Opaque} bytes
 */
public record Operator(String uid, String name, boolean stateful, OperatorRole role, byte[] definition) {}
