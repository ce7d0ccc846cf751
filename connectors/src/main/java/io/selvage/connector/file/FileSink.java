package io.selvage.connector.file;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.security.AccessControlException;

/**
 * Files in a directory on HDFS or any other Hadoop file system whose rename is atomic; each line is there exactly once.
 *
 * <p>With every checkpoint each subtask closes a file, and when the checkpoint is complete the file appears under its
 * final name by one atomic rename. So a file that can be seen is whole and never changes, and what is not yet certain
 * stays below {@code _selvage}, which readers pass over.
 *
 * @param <T> elements
 */
public final class FileSink<T> implements Sink<T, PendingFile> {
    private static final long serialVersionUID = 1L;

    private final String path;
    private final LineEncoder<T> encoder;
    private final boolean appended;

    private FileSink(String path, LineEncoder<T> encoder, boolean appended) {
        this.path = path;
        this.encoder = encoder;
        this.appended = appended;
    }

    /** One line for each element. */
    public static FileSink<String> text(String directory) {
        return of(directory, (element, line) -> line.append(element));
    }

    /** One line for each record, and the names of its components as the first line of every file. */
    public static <T extends Record> FileSink<T> csv(String directory, Class<T> type) {
        return of(directory, CsvEncoder.of(type).withHeader());
    }

    public static <T> FileSink<T> of(String directory, LineEncoder<T> encoder) {
        return new FileSink<>(directory, encoder, false);
    }

    /** Lets the directory hold the output of other jobs already; this one's files then carry the job's id. */
    public FileSink<T> append() {
        return new FileSink<>(path, encoder, true);
    }

    @Override
    public Serde<PendingFile> committableSerde() {
        return Serdes.of(PendingFile.class);
    }

    /** The directory can be made or written to, and holds no other job's output unless that was asked for. */
    @Override
    public void check() throws IOException {
        check(appended);
    }

    /**
     * The directory may hold what the job has written before. No name is used again: checkpoints are numbered on from
     * the savepoint. A file that has such a name all the same is never replaced.
     */
    @Override
    public void checkRestored() throws IOException {
        check(true);
    }

    private void check(boolean mayHoldOutput) throws IOException {
        Path directory = new Path(path);
        try {
            FileSystem files = Hadoop.fileSystem(directory);
            requireWritable(files, files.makeQualified(directory), mayHoldOutput);
        } catch (ConnectException | NoRouteToHostException | SocketTimeoutException e) {
            throw new IOException(
                    "The file system of the output path " + path + " does not answer: " + InputFiles.firstLine(e)
                            + ". Is it running, and is HADOOP_CONF_DIR the folder with its configuration?",
                    e);
        }
    }

    @Override
    public SinkWriter<T, PendingFile> writer(SinkContext context) throws IOException {
        OutputLayout layout = layout(context);
        return new FileSinkWriter<>(new HadoopOutputFiles(layout.directory()), layout, encoder, context);
    }

    @Override
    public Committer<PendingFile> committer(SinkContext context) throws IOException {
        OutputLayout layout = layout(context);
        return new FileCommitter(new HadoopOutputFiles(layout.directory()), layout, context.incarnation());
    }

    private OutputLayout layout(SinkContext context) throws IOException {
        return OutputLayout.of(Hadoop.qualify(new Path(path)), appended, context);
    }

    private static void requireWritable(FileSystem files, Path directory, boolean mayHoldOutput) throws IOException {
        Path existing = nearestExisting(files, directory);
        if (!files.getFileStatus(existing).isDirectory()) {
            throw new IOException("The output path " + directory + " cannot be a directory: " + existing
                    + " is a file. Choose another output path.");
        }
        try {
            files.access(existing, FsAction.WRITE_EXECUTE);
        } catch (AccessControlException e) {
            throw new IOException(
                    "The output path " + directory + " may not be written: " + InputFiles.firstLine(e)
                            + ". Choose another output path, or ask its owner for write permission.",
                    e);
        }
        if (!mayHoldOutput && existing.equals(directory)) {
            requireNoParts(files, directory);
        }
    }

    private static void requireNoParts(FileSystem files, Path directory) throws IOException {
        for (FileStatus child : files.listStatus(directory)) {
            if (child.getPath().getName().startsWith(OutputLayout.PART_PREFIX)) {
                throw new IOException("The output directory " + directory + " already holds the output of a job ("
                        + child.getPath().getName()
                        + ", ...). Choose another directory, move that output away, or use FileSink.append().");
            }
        }
    }

    private static Path nearestExisting(FileSystem files, Path path) throws IOException {
        Path at = path;
        while (!exists(files, at)) {
            Path parent = at.getParent();
            if (parent == null) {
                throw new FileNotFoundException("The file system " + files.getUri() + " has no root directory.");
            }
            at = parent;
        }
        return at;
    }

    private static boolean exists(FileSystem files, Path path) throws IOException {
        try {
            return files.exists(path);
        } catch (org.apache.hadoop.fs.ParentNotDirectoryException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "files in " + path;
    }
}
