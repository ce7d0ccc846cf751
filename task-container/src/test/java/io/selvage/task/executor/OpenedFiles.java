package io.selvage.task.executor;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Safe for use by many threads: the local file system, which counts for one test at a time what is opened. */
public final class OpenedFiles extends DelegateToFileSystem {
    private static final List<String> OPENED = new CopyOnWriteArrayList<>();
    private static final AtomicInteger STILL_OPEN = new AtomicInteger();

    /** As Hadoop makes it. */
    public OpenedFiles(URI uri, Configuration configuration) throws IOException, URISyntaxException {
        super(uri, new RawLocalFileSystem(), configuration, "file", false);
    }

    static void reset() {
        OPENED.clear();
        STILL_OPEN.set(0);
    }

    /** Directory and name of each file that was opened to be read, in this order. */
    static List<String> opened() {
        return List.copyOf(OPENED);
    }

    static int stillOpen() {
        return STILL_OPEN.get();
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        FSDataInputStream in = super.open(file, bufferSize);
        OPENED.add(file.getParent().getName() + "/" + file.getName());
        STILL_OPEN.incrementAndGet();
        return new FSDataInputStream(in) {
            private boolean isClosed;

            @Override
            public void close() throws IOException {
                if (!isClosed) {
                    isClosed = true;
                    STILL_OPEN.decrementAndGet();
                }
                super.close();
            }
        };
    }
}
