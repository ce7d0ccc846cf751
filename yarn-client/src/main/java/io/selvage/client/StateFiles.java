package io.selvage.client;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.content.CheckpointContents;
import io.selvage.checkpoint.content.CheckpointFinder;
import io.selvage.checkpoint.content.CheckpointReader;
import io.selvage.checkpoint.content.CheckpointVerifier;
import io.selvage.checkpoint.content.FoundCheckpoint;
import io.selvage.checkpoint.content.ReadProgress;
import io.selvage.checkpoint.content.Verification;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints and savepoints that lie in HDFS: looked at without YARN, a session or the program, and never changed.
 * Used by one thread. What it can't do, it says with a {@link ClientException}.
 */
public final class StateFiles implements AutoCloseable {
    private static final long BLOCK_CACHE_BYTES = 16L << 20;

    private final Configuration hadoop;
    private @Nullable Path local; // null: nothing was put there yet.

    private StateFiles(Configuration hadoop) {
        this.hadoop = hadoop;
    }

    /** @param hadoopFolder the folder that HADOOP_CONF_DIR names elsewhere */
    public static StateFiles of(Path hadoopFolder) {
        Configuration hadoop = HadoopFolder.at(hadoopFolder).configuration();
        UserGroupInformation.setConfiguration(hadoop);
        return new StateFiles(hadoop);
    }

    /**
     * What lies in a directory, newest first: a state root, an application's or a job's directory, one that holds
     * savepoints, or a checkpoint or savepoint itself.
     */
    public List<FoundCheckpoint> list(String path) {
        String qualified = Hdfs.qualify(hadoop, path);
        return Hdfs.read(qualified, ExitCode.DAMAGED, () -> new CheckpointFinder(storeOf(qualified)).find(qualified));
    }

    /**
     * What a checkpoint or savepoint holds. State of the heap is read for that, one subtask's at a time.
     *
     * @param path its directory, or the metadata in it
     */
    public CheckpointContents show(String path, ReadProgress progress) {
        String qualified = Hdfs.qualify(hadoop, path);
        return Hdfs.read(
                qualified, ExitCode.DAMAGED, () -> new CheckpointReader(storeOf(qualified)).read(qualified, progress));
    }

    /**
     * Whether it can be restored, as far as that can be told without the program: reads every byte of it. State of
     * RocksDB is put into the directory for temporary files, one subtask's at a time.
     *
     * @param path its directory, or the metadata in it
     */
    public Verification verify(String path, ReadProgress progress) {
        String qualified = Hdfs.qualify(hadoop, path);
        return Hdfs.read(
                qualified,
                ExitCode.DAMAGED,
                () -> new CheckpointVerifier(storeOf(qualified), this::disk).verify(qualified, progress));
    }

    private DurableStore storeOf(String qualified) throws IOException {
        return DurableStore.existing(new org.apache.hadoop.fs.Path(qualified), hadoop);
    }

    private RocksEnvironment disk() {
        try {
            Path directory = Files.createTempDirectory("selvage-verify");
            local = directory;
            // Ctrl-C ends the process in the midst of it.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "delete-state"));
            return new RocksEnvironment(directory, BLOCK_CACHE_BYTES, 0);
        } catch (IOException e) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "State can't be put into " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage()
                            + " Name another directory with SELVAGE_JVM_OPTIONS=-Djava.io.tmpdir=DIR",
                    e);
        }
    }

    private static void delete(Path directory) {
        try {
            if (Files.exists(directory)) {
                MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
            }
        } catch (IOException left) {
            // It is in the directory for temporary files.
        }
    }

    @Override
    public void close() {
        Path used = local;
        if (used != null) {
            delete(used);
        }
    }
}
