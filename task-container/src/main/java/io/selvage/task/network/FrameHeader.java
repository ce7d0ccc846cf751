package io.selvage.task.network;

import java.util.zip.CRC32C;

/**
 * Owned by the network thread. The {@value #BYTES} bytes before each frame's payload, big-endian, as a view that is
 * filled anew for each frame.
 *
 * <pre>
 *  0  mark (0x53 0x56)
 *  2  type
 *  3  flags
 *  4  channel      chosen by the sender, ascending from 1 on each connection; 0 with PEER
 *  8  number       DATA: sequence, from 0 on each channel. CREDIT: bytes. CLOSE: reason
 * 12  length       of the payload in bytes
 * 16  checksum     CRC-32C of the 16 bytes above and the payload
 * </pre>
 */
final class FrameHeader {
    static final int BYTES = 20;
    /** DATA: the element goes on in the channel's next frame. */
    static final int CONTINUES = 1;

    private static final int CHECKED_BYTES = 16;
    private static final int MARK = 0x5356;

    private final byte[] bytes = new byte[BYTES];
    private final CRC32C crc = new CRC32C();

    private FrameType type = FrameType.PEER;
    private int flags;
    private int channel;
    private int number;
    private int length;

    /** The wire form; valid until the next {@link #encode}. */
    byte[] bytes() {
        return bytes;
    }

    void encode(FrameType type, int flags, int channel, int number, byte[] payload, int offset, int length) {
        bytes[0] = (byte) (MARK >>> 8);
        bytes[1] = (byte) MARK;
        bytes[2] = (byte) type.code();
        bytes[3] = (byte) flags;
        putInt(4, channel);
        putInt(8, number);
        putInt(12, length);
        putInt(CHECKED_BYTES, checksum(payload, offset, length));
    }

    /** Reads what has been copied into {@link #bytes}; the checksum is checked with the payload, later. */
    void decodeOrThrow() throws ProtocolViolation {
        int mark = (bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF);
        if (mark != MARK) {
            throw new ProtocolViolation("a frame that starts with 0x" + Integer.toHexString(mark));
        }
        type = FrameType.ofCodeOrThrow(bytes[2]);
        flags = bytes[3];
        channel = intAt(4);
        number = intAt(8);
        length = intAt(12);
    }

    void verifyOrThrow(byte[] payload) throws ProtocolViolation {
        if (checksum(payload, 0, length) != intAt(CHECKED_BYTES)) {
            throw new ProtocolViolation(
                    "a " + type + " frame of " + length + " bytes on channel " + channel + " with a wrong checksum");
        }
    }

    FrameType type() {
        return type;
    }

    boolean continues() {
        return (flags & CONTINUES) != 0;
    }

    int channel() {
        return channel;
    }

    int number() {
        return number;
    }

    int length() {
        return length;
    }

    private int checksum(byte[] payload, int offset, int count) {
        crc.reset();
        crc.update(bytes, 0, CHECKED_BYTES);
        crc.update(payload, offset, count);
        return (int) crc.getValue();
    }

    private void putInt(int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }

    private int intAt(int at) {
        return (bytes[at] & 0xFF) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | (bytes[at + 3] & 0xFF);
    }
}
