package io.selvage.checkpoint.snapshot;

import io.selvage.protocol.wire.Segment;

/**
 * A run of bytes in a checkpoint file.
 *
 * @param file fully qualified
 * @param offset in bytes
 * @param length in bytes
 */
public record SegmentHandle(String file, long offset, long length, int crc32c) {
    public SegmentHandle {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("a segment of " + length + " bytes at offset " + offset);
        }
    }

    public Segment toWire() {
        return Segment.newBuilder()
                .setFile(file)
                .setOffset(offset)
                .setLength(length)
                .setCrc32C(crc32c)
                .build();
    }

    public static SegmentHandle fromWire(Segment segment) {
        return new SegmentHandle(segment.getFile(), segment.getOffset(), segment.getLength(), segment.getCrc32C());
    }
}
