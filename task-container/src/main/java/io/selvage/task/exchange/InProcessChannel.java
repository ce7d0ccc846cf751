package io.selvage.task.exchange;

/**
 * A channel of which both ends are this object: its producer's methods belong to the one thread, the rest to the other.
 */
public interface InProcessChannel extends InputChannel, OutputChannel {}
