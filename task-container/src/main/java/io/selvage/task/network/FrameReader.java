package io.selvage.task.network;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the network thread. Cuts the bytes of one connection into frames, whatever the sizes that they arrive in,
 * and copies each payload once, into the array that the sink chose for it.
 */
final class FrameReader {
    /** The longest payload of any frame: the largest buffer that can be configured. */
    static final int MAX_PAYLOAD_BYTES = 16 << 20;
    /** The longest payload of a frame that is neither DATA nor ANNOUNCE. */
    static final int MAX_CONTROL_BYTES = 1024;

    /** What becomes of the frames. A violation ends the connection. */
    interface Sink {
        /**
         * Where the payload of a DATA or ANNOUNCE frame goes, at least as long as the header says; null to skip it
         * unread.
         */
        byte @Nullable [] arrayFor(FrameHeader header) throws ProtocolViolation;

        /** @param payload for DATA and ANNOUNCE what {@link #arrayFor} gave, else valid only during the call */
        void onFrame(FrameHeader header, byte[] payload) throws ProtocolViolation;
    }

    private final Sink sink;
    private final FrameHeader header = new FrameHeader();
    private final byte[] control = new byte[MAX_CONTROL_BYTES];

    private int headerCount; // bytes of the header that are here
    private int payloadCount; // bytes of the payload that are here
    private byte @Nullable [] payload; // null while its frame is skipped

    FrameReader(Sink sink) {
        this.sink = sink;
    }

    /** Reads all of it. */
    void read(ByteBuf in) throws ProtocolViolation {
        while (in.isReadable()) {
            if (headerCount < FrameHeader.BYTES) {
                readHeader(in);
            } else {
                readPayload(in);
            }
            if (headerCount == FrameHeader.BYTES && payloadCount == header.length()) {
                endFrame();
            }
        }
    }

    private void readHeader(ByteBuf in) throws ProtocolViolation {
        int count = Math.min(in.readableBytes(), FrameHeader.BYTES - headerCount);
        in.readBytes(header.bytes(), headerCount, count);
        headerCount += count;
        if (headerCount == FrameHeader.BYTES) {
            header.decodeOrThrow();
            payload = target();
        }
    }

    private byte @Nullable [] target() throws ProtocolViolation {
        boolean isLong = header.type() == FrameType.DATA || header.type() == FrameType.ANNOUNCE;
        int limit = isLong ? MAX_PAYLOAD_BYTES : MAX_CONTROL_BYTES;
        if (header.length() < 0 || header.length() > limit) {
            throw new ProtocolViolation(
                    "a " + header.type() + " frame of " + header.length() + " bytes, where " + limit + " are the most");
        }
        return isLong ? sink.arrayFor(header) : control;
    }

    private void readPayload(ByteBuf in) {
        int count = Math.min(in.readableBytes(), header.length() - payloadCount);
        if (payload == null) {
            in.skipBytes(count);
        } else {
            in.readBytes(payload, payloadCount, count);
        }
        payloadCount += count;
    }

    private void endFrame() throws ProtocolViolation {
        byte[] complete = payload;
        payload = null;
        headerCount = 0;
        payloadCount = 0;
        if (complete != null) {
            header.verifyOrThrow(complete);
            sink.onFrame(header, complete);
        }
    }
}
