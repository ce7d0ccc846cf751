package io.selvage.connector.file;

/**
 * A file that is written, durable, and hidden until its checkpoint is complete.
 *
 * @param pending and {@code target}: where it lies and where it will: fully qualified
 * @param length in bytes
 * @param crc32c of all its bytes
 */
public record PendingFile(String pending, String target, long length, long crc32c) {
    public PendingFile {
        if (length <= 0) {
            throw new IllegalArgumentException(pending + " is empty, so there is nothing to commit");
        }
    }
}
