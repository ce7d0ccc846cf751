package io.selvage.checkpoint.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Safe for use by many threads. A Hadoop file system below a root directory; everything it makes is the owner's alone
 * (directories 0700, files 0600).
 *
 * <p>It goes through {@link FileContext} because rename with options, the only rename that says why it did not happen,
 * is protected in {@code FileSystem}.
 */
final class HadoopFiles implements StoreFiles {
    private static final String HDFS_SCHEME = "hdfs";
    private static final FsPermission OWNER_ONLY_UMASK = new FsPermission((short) 0077);
    private static final FsPermission OWNER_READ_WRITE = new FsPermission((short) 0600);

    /** How long HDFS's client sleeps, first, when a file's last block is not reported yet at its close. */
    static final String CLOSE_DELAY = "dfs.client.block.write.locateFollowingBlock.initial.delay.ms";

    static final String CLOSE_RETRIES = "dfs.client.block.write.locateFollowingBlock.retries";
    private static final int HADOOPS_CLOSE_DELAY_MILLIS = 400;
    private static final int CLOSE_DELAY_MILLIS = 10;
    /** Each delay is twice the one before: 20 s in all, Hadoop's own come to 12 s. */
    private static final int CLOSE_RETRY_COUNT = 11;

    /** Says to Hadoop that a file's time of access stays as it is. */
    private static final long KEPT_TIME = -1;

    private final FileContext files;
    private final Path root;
    private final boolean decidedByNameNode;
    private final EnumSet<CreateFlag> createFlags;

    /** Makes the root if it is missing. */
    HadoopFiles(Path root, Configuration configuration) throws IOException {
        this(FileContext.getFileContext(root.toUri(), closingSooner(configuration)), root, true);
    }

    /** A root that is missing stays so. */
    static HadoopFiles existing(Path root, Configuration configuration) throws IOException {
        return new HadoopFiles(FileContext.getFileContext(root.toUri(), closingSooner(configuration)), root, false);
    }

    private HadoopFiles(FileContext files, Path root, boolean isMade) throws IOException {
        this.files = files;
        this.files.setUMask(OWNER_ONLY_UMASK);
        this.root = files.makeQualified(root);
        if (isMade) {
            files.mkdir(this.root, FsPermission.getDirDefault(), true);
        }
        this.decidedByNameNode = HDFS_SCHEME.equals(scheme(isMade));
        // On an erasure-coded path hsync does nothing, silently, unless the file is replicated all the same.
        this.createFlags = decidedByNameNode
                ? EnumSet.of(CreateFlag.CREATE, CreateFlag.SHOULD_REPLICATE, CreateFlag.SYNC_BLOCK)
                : EnumSet.of(CreateFlag.CREATE);
    }

    /** Of the file system that a mount leads to, which takes a directory that is there. */
    private String scheme(boolean isThere) throws IOException {
        return (isThere ? files.resolvePath(root) : root).toUri().getScheme();
    }

    /**
     * With Hadoop's default most closes of a small file take more than 400 ms, as the DataNode's report loses the race
     * by a little; a record of the journal, and with it a recovery, would take as long. A site's own value is kept.
     */
    static Configuration closingSooner(Configuration configuration) {
        if (configuration.getInt(CLOSE_DELAY, HADOOPS_CLOSE_DELAY_MILLIS) != HADOOPS_CLOSE_DELAY_MILLIS) {
            return configuration;
        }
        Configuration sooner = new Configuration(configuration);
        sooner.setInt(CLOSE_DELAY, CLOSE_DELAY_MILLIS);
        sooner.setInt(CLOSE_RETRIES, CLOSE_RETRY_COUNT);
        return sooner;
    }

    @Override
    public StoreOutput create(String path) throws IOException {
        FSDataOutputStream out = files.create(
                resolve(path),
                createFlags,
                Options.CreateOpts.createParent(),
                Options.CreateOpts.perms(OWNER_READ_WRITE));
        return new HadoopOutput(out, decidedByNameNode);
    }

    @Override
    public void renameNoReplace(String from, String to) throws IOException {
        files.rename(resolve(from), resolve(to), Options.Rename.NONE);
    }

    @Override
    public InputStream open(String path) throws IOException {
        return files.open(resolve(path));
    }

    @Override
    public StoreInput openToSeek(String path) throws IOException {
        return new HadoopInput(files.open(resolve(path)));
    }

    @Override
    public Optional<StoredFile> status(String path) throws IOException {
        try {
            return Optional.of(stored(files.getFileStatus(resolve(path))));
        } catch (FileNotFoundException absent) {
            return Optional.empty();
        }
    }

    @Override
    public List<StoredFile> list(String directory) throws IOException {
        List<StoredFile> found = new ArrayList<>();
        try {
            RemoteIterator<FileStatus> statuses = files.listStatus(resolve(directory));
            while (statuses.hasNext()) {
                found.add(stored(statuses.next()));
            }
        } catch (FileNotFoundException absent) {
            return List.of();
        }
        return found;
    }

    @Override
    public boolean isOpenToOthers(String directory) throws IOException {
        try {
            FsPermission permission = files.getFileStatus(resolve(directory)).getPermission();
            return permission.getOtherAction().implies(FsAction.EXECUTE)
                    || permission.getGroupAction().implies(FsAction.EXECUTE); // Or an access list: its mask is there.
        } catch (FileNotFoundException absent) {
            return false;
        }
    }

    @Override
    public boolean delete(String path) throws IOException {
        try {
            return files.delete(resolve(path), true);
        } catch (FileNotFoundException absent) {
            return false;
        }
    }

    @Override
    public boolean deleteIfEmpty(String directory) throws IOException {
        try {
            // What comes to lie in it after the look makes the deletion fail.
            return list(directory).isEmpty() && files.delete(resolve(directory), false);
        } catch (FileNotFoundException absent) {
            return false;
        }
    }

    @Override
    public boolean touch(String path) throws IOException {
        try {
            files.setTimes(resolve(path), System.currentTimeMillis(), KEPT_TIME);
            return true;
        } catch (FileNotFoundException absent) {
            return false;
        }
    }

    @Override
    public void catchUp() throws IOException {
        if (decidedByNameNode) {
            files.msync();
        }
    }

    @Override
    public String qualify(String path) {
        return resolve(path).toString();
    }

    @Override
    public boolean decidedByNameNode() {
        return decidedByNameNode;
    }

    private Path resolve(String path) {
        return path.isEmpty() ? root : new Path(root, path);
    }

    private static StoredFile stored(FileStatus status) {
        return new StoredFile(
                status.getPath().getName(),
                status.getPath().toString(),
                status.isDirectory(),
                status.getLen(),
                status.getModificationTime());
    }

    /** Owned by the thread that reads. */
    private static final class HadoopInput extends StoreInput {
        private final FSDataInputStream in;

        HadoopInput(FSDataInputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, length);
        }

        @Override
        public long skip(long count) throws IOException {
            return in.skip(count);
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void seek(long offset) throws IOException {
            in.seek(offset);
        }

        @Override
        public void rest() {
            if (in.hasCapability(StreamCapabilities.UNBUFFER)) {
                in.unbuffer();
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Owned by the thread that writes. */
    private static final class HadoopOutput extends StoreOutput {
        private final FSDataOutputStream out;
        private final boolean syncsAtClose;

        /** @param syncsAtClose each block is on its replicas' disks once it is closed, as it was created so */
        HadoopOutput(FSDataOutputStream out, boolean syncsAtClose) {
            this.out = out;
            this.syncsAtClose = syncsAtClose;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void sync() throws IOException {
            out.hsync();
        }

        /** Without a sync of its own, which would be one more call to the NameNode for each file. */
        @Override
        public void commit() throws IOException {
            if (!syncsAtClose) {
                sync();
            }
            close();
        }

        /**
         * HDFS throws the very exception again that a write or sync has thrown, which try-with-resources can't bear.
         */
        @Override
        public void close() throws IOException {
            try {
                out.close();
            } catch (IOException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }
}
