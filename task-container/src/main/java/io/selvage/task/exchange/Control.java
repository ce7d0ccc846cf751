package io.selvage.task.exchange;

/**
 * What travels between the records, in order with them. A class rather than an interface: telling it from a record's
 * value, which happens for each record, is then one comparison.
 */
public abstract sealed class Control permits Watermark, Activity, Barrier, EndOfInput, LatencyMarker {
    Control() {}
}
