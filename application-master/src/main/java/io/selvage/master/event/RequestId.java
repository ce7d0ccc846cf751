package io.selvage.master.event;

/** A question of a client or of the status page that waits for its {@link MasterAction.Reply}. */
public record RequestId(long value) {}
