package io.selvage.checkpoint.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileAlreadyExistsException;

/**
 * Safe for use by many threads. The calls that {@link DurableStore} makes on a file system, each of which may fail
 * after it has taken effect. Paths are relative to the store's root, or fully qualified.
 */
interface StoreFiles {

    /** Creates a file that must not exist yet, and its parent directories. */
    StoreOutput create(String path) throws IOException;

    /**
     * Moves {@code from} to {@code to}, never over something that is there.
     *
     * @throws FileAlreadyExistsException if {@code to} exists
     * @throws java.io.FileNotFoundException if {@code from} does not
     */
    void renameNoReplace(String from, String to) throws IOException;

    InputStream open(String path) throws IOException;

    /** Opens a file to be read from any place. */
    StoreInput openToSeek(String path) throws IOException;

    /** What lies at the path, or nothing. */
    Optional<StoredFile> status(String path) throws IOException;

    /** What lies directly in a directory, in no particular order; nothing if it does not exist. */
    List<StoredFile> list(String directory) throws IOException;

    /** Whether there is a directory that users other than the owner may enter. */
    boolean isOpenToOthers(String directory) throws IOException;

    /** Whether there was something to delete. */
    boolean delete(String path) throws IOException;

    /** Whether there was a directory, in which nothing was, to delete. */
    boolean deleteIfEmpty(String directory) throws IOException;

    /** Sets a file's modification time to now, by this process's clock. False: there is no such file. */
    boolean touch(String path) throws IOException;

    /** Makes reads see everything that was written before this call, by whomever. */
    void catchUp() throws IOException;

    /** The fully qualified form of a path. */
    String qualify(String path);

    /** Whether the file system is one whose NameNode decides renames. */
    boolean decidedByNameNode();
}
