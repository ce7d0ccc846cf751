package io.selvage.minicluster.quickstart;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the output directory every 50 ms and notes when files become visible. Its thread owns the set of known
 * names; the moments are guarded by the object's lock, for the quickstart's thread reads them at any time.
 */
final class OutputWatch implements AutoCloseable {
    static final PathFilter COMMITTED = path -> path.getName().startsWith("part-");

    private static final long POLL_MILLIS = 50;
    private static final long JOIN_MILLIS = 5_000;

    private final FileSystem files;
    private final Path directory;
    private final Set<Path> known = new HashSet<>();
    private final List<Long> seenNanos = new ArrayList<>();
    private final Thread thread = new Thread(this::watch, "output-watch");
    private @Nullable IOException failure;

    private OutputWatch(FileSystem files, Path directory) {
        this.files = files;
        this.directory = directory;
    }

    static OutputWatch start(FileSystem files, Path directory) {
        OutputWatch watch = new OutputWatch(files, directory);
        watch.thread.setDaemon(true);
        watch.thread.start();
        return watch;
    }

    /** Each moment at which new files were first seen, in order; {@link System#nanoTime}. */
    synchronized List<Long> seenNanos() throws IOException {
        if (failure != null) {
            throw new IOException(
                    "The output directory " + directory + " could not be watched: " + failure.getMessage(), failure);
        }
        return List.copyOf(seenNanos);
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join(JOIN_MILLIS);
    }

    private void watch() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                look();
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is over
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                fail(e);
            }
        }
    }

    private void look() throws IOException {
        boolean anyNew = false;
        try {
            for (FileStatus file : files.listStatus(directory, COMMITTED)) {
                anyNew |= known.add(file.getPath());
            }
        } catch (FileNotFoundException e) {
            return; // the job has not made it yet
        }
        if (anyNew) {
            note(System.nanoTime());
        }
    }

    private synchronized void note(long nanos) {
        seenNanos.add(nanos);
    }

    private synchronized void fail(IOException e) {
        failure = e;
    }
}
