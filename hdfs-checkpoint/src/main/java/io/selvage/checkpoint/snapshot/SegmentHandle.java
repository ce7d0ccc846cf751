package io.selvage.checkpoint.snapshot;

import com.google.protobuf.ByteString;
import io.selvage.protocol.wire.Segment;

/**
 * A run of bytes in a checkpoint file, or in place.
 *
 * @param file fully qualified; empty: the bytes are in place
 * @param offset in bytes
 * @param length in bytes
 * @param content without a file, all of it
 */
public record SegmentHandle(String file, long offset, long length, int crc32c, ByteString content) {
    public SegmentHandle {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("a segment of " + length + " bytes at offset " + offset);
        }
    }

    /** In a file. */
    public SegmentHandle(String file, long offset, long length, int crc32c) {
        this(file, offset, length, crc32c, ByteString.EMPTY);
    }

    public Segment toWire() {
        return Segment.newBuilder()
                .setFile(file)
                .setOffset(offset)
                .setLength(length)
                .setCrc32C(crc32c)
                .setContent(content)
                .build();
    }

    public static SegmentHandle fromWire(Segment segment) {
        return new SegmentHandle(
                segment.getFile(), segment.getOffset(), segment.getLength(), segment.getCrc32C(), segment.getContent());
    }

    boolean isInPlace() {
        return file.isEmpty();
    }
}
