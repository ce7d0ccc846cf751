package io.selvage.task.executor;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Options.ChecksumOpt;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.jspecify.annotations.Nullable;

/** Local files, of which the next that holds state is written only so far, until the test lets it go on, or fail. */
final class HeldFiles extends QuickFiles {
    /** Safe for use by many threads: what becomes of one file. */
    static final class Hold {
        private static final long AT_THE_END = Long.MAX_VALUE;

        private final long afterBytes;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);
        private volatile boolean fails; // Volatile: set by the test, read by the writer.

        Hold(long afterBytes) {
            this.afterBytes = afterBytes;
        }

        void awaitReached() throws InterruptedException {
            if (!reached.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("no file of more than " + afterBytes + " bytes is written");
            }
        }

        void release() {
            released.countDown();
        }

        void fail() {
            fails = true;
            released.countDown();
        }

        private void pass() throws IOException {
            reached.countDown();
            try {
                if (!released.await(60, TimeUnit.SECONDS)) {
                    throw new IOException("held for too long");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
            if (fails) {
                throw new IOException("told to fail");
            }
        }
    }

    private static volatile @Nullable Hold next; // Volatile: set by the test, taken by a writer.

    public HeldFiles(URI uri, Configuration configuration) throws IOException, URISyntaxException {
        super(uri, configuration);
    }

    static Configuration configuration() {
        Configuration configuration = new Configuration();
        configuration.setClass("fs.AbstractFileSystem.file.impl", HeldFiles.class, DelegateToFileSystem.class);
        return configuration;
    }

    /** The next file, when all its bytes are written, and it is not there yet. */
    static Hold holdNextAtItsEnd() {
        return holdNext(Hold.AT_THE_END);
    }

    /** The next file that has so many bytes. */
    static Hold holdNext(long afterBytes) {
        Hold hold = new Hold(afterBytes);
        next = hold;
        return hold;
    }

    @Override
    public FSDataOutputStream createInternal(
            Path file,
            EnumSet<CreateFlag> flags,
            FsPermission permission,
            int bufferBytes,
            short replication,
            long blockBytes,
            Progressable progress,
            ChecksumOpt checksum,
            boolean createParent)
            throws IOException {
        FSDataOutputStream out = super.createInternal(
                file, flags, permission, bufferBytes, replication, blockBytes, progress, checksum, createParent);
        Hold hold = next;
        if (hold == null || !file.getName().endsWith(".data")) {
            return out;
        }
        next = null;
        return new FSDataOutputStream(new Held(out, hold), null);
    }

    private static final class Held extends FilterOutputStream {
        private final Hold hold;
        private long written;

        Held(OutputStream out, Hold hold) {
            super(out);
            this.hold = hold;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int before = (int) Math.max(0, Math.min(length, hold.afterBytes - written));
            out.write(bytes, offset, before);
            boolean isHere = written <= hold.afterBytes && written + length > hold.afterBytes;
            written += length;
            if (isHere) {
                hold.pass();
            }
            out.write(bytes, offset + before, length - before);
        }

        @Override
        public void close() throws IOException {
            if (hold.afterBytes == Hold.AT_THE_END && hold.reached.getCount() > 0) {
                hold.pass();
            }
            super.close();
        }
    }
}
