package io.selvage.checkpoint.orphan;

/**
 * What can go.
 *
 * @param path fully qualified
 * @param bytes of the file, or of all that is in the directory
 * @param modifiedMillis when something of it was last written, by the file system's clock
 * @param why nothing needs it, to go on after a path
 */
public record Orphan(String path, boolean isDirectory, long bytes, long modifiedMillis, String why) {
    boolean isSame(Orphan other) {
        return path.equals(other.path) && modifiedMillis == other.modifiedMillis && bytes == other.bytes;
    }
}
