package io.selvage.client.connect;

import io.selvage.protocol.transport.TransportWarmUp;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Half of a command's time would be the first talk with each of YARN, HDFS and the master, one after the other: what
 * they have to load, these load beside, on daemon threads. What fails there, fails again where it counts, and is told.
 */
public final class ConnectionWarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionWarmUp.class);

    private ConnectionWarmUp() {}

    /** Of the connection to a master; returns at once. */
    public static void ofMaster() {
        beside("warm-up-master", () -> {
            TransportWarmUp.ofControlPlane();
            return null;
        });
    }

    /** Opens the default file system, which {@link FileSystem} keeps, and asks it for its root; returns at once. */
    public static void ofFiles(Configuration hadoop) {
        beside("warm-up-files", () -> FileSystem.get(hadoop).getFileStatus(new Path("/")));
    }

    private static void beside(String name, Callable<?> work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.call();
                    } catch (Exception | LinkageError failed) {
                        LOG.info("{} has failed.", name, failed);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }
}
