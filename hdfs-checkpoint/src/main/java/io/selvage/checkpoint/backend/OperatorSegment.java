package io.selvage.checkpoint.backend;

/**
 * What one subtask's {@link OperatorStates} has written.
 *
 * @param subtask the one that wrote it
 */
public record OperatorSegment(int subtask, byte[] bytes) {}
