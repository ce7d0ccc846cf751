package io.selvage.task.network;

import io.selvage.task.exchange.ChannelId;

/** A record that can't be sent to another process; the fault of the program that emitted it. */
public final class RecordTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RecordTooLargeException(ChannelId channel, long bytes) {
        super("A record of " + bytes + " bytes was emitted on channel " + channel + ", and the most is "
                + RemoteOutput.MAX_RECORD_BYTES + " bytes. Split it into smaller records, or put the large part into a"
                + " file and emit its path.");
    }
}
