package io.selvage.connector.file;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;

/** What the sink asks of a file system; its one implementation that is not a test's is Hadoop's. */
interface OutputFiles {
    /** Makes a file that was not there, and the directories above it. */
    FSDataOutputStream create(Path path) throws IOException;

    /** @return its length, or -1 if it is not there */
    long length(Path path) throws IOException;

    long crc32c(Path path) throws IOException;

    /** Atomic; fails if {@code from} is missing or {@code to} is there, and never replaces anything. */
    void renameNoReplace(Path from, Path to) throws IOException;

    /** Files only; empty for a directory that is not there. */
    List<Path> filesIn(Path directory) throws IOException;

    /** Does nothing if it is not there. */
    void deleteFile(Path path) throws IOException;

    /** @return whether it is gone: false if it holds something */
    boolean deleteIfEmpty(Path directory) throws IOException;
}
