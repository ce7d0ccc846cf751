package io.selvage.client.connect;

import io.selvage.checkpoint.history.ApplicationFiles;
import io.selvage.checkpoint.restore.NotRestorableException;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.failure.FailureWords;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.Credentials;

/**
 * The file system of a state root, as a client sees it: every call ends within seconds, and its failure is a sentence.
 */
public final class Hdfs {
    private static final FsPermission OWNER_ONLY = new FsPermission((short) 0700);

    private final FileSystem fileSystem;
    private final Path stateRoot;

    private Hdfs(FileSystem fileSystem, Path stateRoot) {
        this.fileSystem = fileSystem;
        this.stateRoot = stateRoot;
    }

    /**
     * Connects.
     *
     * @param stateRoot as configured; empty for {@code .selvage} in the user's home directory
     */
    public static Hdfs connect(Configuration hadoop, String stateRoot) {
        URI defaultFileSystem = FileSystem.getDefaultUri(hadoop);
        if (stateRoot.isEmpty() && "file".equals(defaultFileSystem.getScheme())) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "The Hadoop configuration names no HDFS (fs.defaultFS is " + defaultFileSystem
                            + "). Set HADOOP_CONF_DIR to the configuration of the cluster.");
        }
        return call("connect to " + (stateRoot.isEmpty() ? defaultFileSystem : stateRoot), () -> {
            if (stateRoot.isEmpty()) {
                FileSystem fileSystem = FileSystem.get(hadoop);
                return new Hdfs(fileSystem, new Path(fileSystem.getHomeDirectory(), ".selvage"));
            }
            Path path = new Path(stateRoot);
            FileSystem fileSystem = path.getFileSystem(hadoop);
            return new Hdfs(fileSystem, fileSystem.makeQualified(path));
        });
    }

    /** The fully qualified form of a path as a user writes it: on the default file system, if it names none. */
    public static String qualify(Configuration hadoop, String path) {
        return call("look up " + path, () -> {
            Path named = new Path(path);
            return named.getFileSystem(hadoop).makeQualified(named).toString();
        });
    }

    /** Fully qualified, without a slash at the end. */
    public String stateRoot() {
        return stateRoot.toString();
    }

    /** Makes the state root if it is missing, for its owner alone, and writes and deletes a file in it. */
    public void proveWritable() {
        Path probe = new Path(stateRoot, ".probe-" + java.util.UUID.randomUUID());
        call("write below " + stateRoot, () -> {
            if (!fileSystem.exists(stateRoot) && !fileSystem.mkdirs(stateRoot, OWNER_ONLY)) {
                throw new IOException("the directory was not made");
            }
            fileSystem.create(probe, false).close();
            if (!fileSystem.delete(probe, false)) {
                throw new IOException("the file " + probe + " was not deleted");
            }
            return stateRoot;
        });
    }

    /** The directories that have to be made before the state root is there: itself first; none if it is. */
    public List<String> missingDirectories() {
        return call("look up " + stateRoot, () -> {
            List<String> missing = new ArrayList<>();
            Path directory = stateRoot;
            while (directory != null && !fileSystem.exists(directory)) {
                missing.add(directory.toString());
                directory = directory.getParent();
            }
            return missing;
        });
    }

    /** Deletes these directories, one after the other, but for those that hold something. */
    public void deleteEmpty(List<String> directories) {
        call("delete " + directories, () -> {
            for (String name : directories) {
                Path directory = new Path(name);
                if (fileSystem.exists(directory) && fileSystem.listStatus(directory).length == 0) {
                    fileSystem.delete(directory, false);
                }
            }
            return directories;
        });
    }

    /** Makes a directory for its owner alone; it must be new. */
    public void makeDirectory(String path) {
        Path directory = new Path(path);
        call("make " + path, () -> {
            if (!fileSystem.mkdirs(directory, OWNER_ONLY)) {
                throw new IOException("the directory was not made");
            }
            return directory;
        });
    }

    public boolean exists(String path) {
        return call("look up " + path, () -> fileSystem.exists(new Path(path)));
    }

    /** Deletes a directory with all it holds; answers whether there was one. */
    public boolean delete(String path) {
        return call("delete " + path, () -> fileSystem.delete(new Path(path), true));
    }

    /** Deletes what a session has left, but for checkpoints that outlive their jobs. */
    public void deleteApplication(String applicationId) {
        call("delete " + applicationId + " in " + stateRoot, () -> {
            ApplicationFiles.delete(DurableStore.open(stateRoot, fileSystem.getConf()), applicationId);
            return stateRoot;
        });
    }

    /**
     * On a secure cluster, adds what lets the session use this file system, the default one and these.
     *
     * @param further URIs of file systems
     */
    public void addTokens(String renewer, Collection<String> further, Credentials credentials) {
        Configuration hadoop = fileSystem.getConf();
        call("give a delegation token", () -> fileSystem.addDelegationTokens(renewer, credentials));
        call("give a delegation token", () -> FileSystem.get(hadoop).addDelegationTokens(renewer, credentials));
        for (String uri : further) {
            call(
                    "give a delegation token for " + uri,
                    () -> new Path(uri).getFileSystem(hadoop).addDelegationTokens(renewer, credentials));
        }
    }

    /**
     * Reads what a job has stored, however long it takes.
     *
     * @param path as a person has named it, for messages
     * @param ifUnusable the code of a file that is gone or damaged
     */
    public static <T> T read(String path, ExitCode ifUnusable, Callable<T> reading) {
        try {
            return reading.call();
        } catch (SegmentDamagedException | NotRestorableException unusable) {
            throw new ClientException(ifUnusable, String.valueOf(unusable.getMessage()), unusable);
        } catch (FileNotFoundException absent) {
            throw new ClientException(ExitCode.BAD_INPUT, FailureWords.sentence(absent), absent);
        } catch (AccessControlException denied) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "HDFS does not let you read " + path + ": " + FailureWords.sentence(denied)
                            + " Ask its owner for the right to.",
                    denied);
        } catch (RuntimeException defect) {
            throw defect;
        } catch (Exception failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    path + " could not be read: " + FailureWords.sentence(failed) + " Check HDFS, and run it again.",
                    failed);
        }
    }

    private static <T> T call(String what, Callable<T> call) {
        try {
            return Patience.bounded("HDFS", call);
        } catch (ClientException sentence) {
            throw sentence;
        } catch (AccessControlException denied) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "HDFS does not let you " + what + ": " + FailureWords.sentence(denied)
                            + " Ask for the right, or set selvage.state.root to a directory of yours.",
                    denied);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (Exception failed) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "HDFS was asked to " + what + " and did not: " + FailureWords.sentence(failed)
                            + " Check that HDFS runs, and that HADOOP_CONF_DIR names the right cluster.",
                    failed);
        }
    }
}
