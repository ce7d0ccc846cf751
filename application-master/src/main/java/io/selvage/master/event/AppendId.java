package io.selvage.master.event;

/** A record on its way into the journal, or a look at it: 1, 2, and so on in the order of the journal. */
public record AppendId(long value) {}
