package io.selvage.task.operator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Owned by the subtask's thread, which counts in plain fields and publishes them once a batch; the heartbeat reads what
 * was published, one figure at a time and a little late.
 */
public final class Counters {
    /** What is counted. */
    public enum Figure {
        RECORDS_IN,
        RECORDS_OUT,
        /** Over the network, in serialized form; counted whenever outputs are flushed. */
        BYTES_IN,
        BYTES_OUT,
        RECORDS_READ,
        RECORDS_WRITTEN,
        RECORDS_LATE,
        RECORDS_SKIPPED,
        /** Of its input; of what has none, of its output. {@link Long#MIN_VALUE}: none yet. */
        WATERMARK_MILLIS,
        /** The highest checkpoint that was cut. */
        NEWEST_CUT,
        /** The checkpoint of which some barriers have come, and not all; 0: none. */
        ALIGNING
    }

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    public long recordsIn;
    public long recordsOut;
    public long bytesIn;
    public long bytesOut;
    public long recordsRead;
    public long recordsWritten;
    public long recordsLate;
    public long recordsSkipped;
    /** The newest that has come. */
    public long watermarkInMillis = Long.MIN_VALUE;
    /** The newest that was sent on. */
    public long watermarkOutMillis = Long.MIN_VALUE;

    public long newestCut;
    public long aligning;

    /** The thread had nothing to do. */
    public final WaitingTime idle = new WaitingTime();
    /** The thread had elements to send on, and no room for them. */
    public final WaitingTime backPressured = new WaitingTime();

    /** Of a sink. */
    public final Latencies latencies = new Latencies();

    /** Of a source. */
    public final SourceAlignment alignment = new SourceAlignment();

    private final long[] published = new long[Figure.values().length];

    public Counters() {
        publish();
    }

    /** Owner. */
    public void publish() {
        set(Figure.RECORDS_IN, recordsIn);
        set(Figure.RECORDS_OUT, recordsOut);
        set(Figure.BYTES_IN, bytesIn);
        set(Figure.BYTES_OUT, bytesOut);
        set(Figure.RECORDS_READ, recordsRead);
        set(Figure.RECORDS_WRITTEN, recordsWritten);
        set(Figure.RECORDS_LATE, recordsLate);
        set(Figure.RECORDS_SKIPPED, recordsSkipped);
        set(Figure.WATERMARK_MILLIS, watermarkInMillis == Long.MIN_VALUE ? watermarkOutMillis : watermarkInMillis);
        set(Figure.NEWEST_CUT, newestCut);
        set(Figure.ALIGNING, aligning);
    }

    /** Any thread. */
    public long read(Figure figure) {
        return (long) CELL.getOpaque(published, figure.ordinal());
    }

    private void set(Figure figure, long value) {
        CELL.setOpaque(published, figure.ordinal(), value);
    }
}
