package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.log4j.FileAppender;
import org.apache.log4j.Level;
import org.apache.log4j.Logger;
import org.apache.log4j.PatternLayout;
import org.jspecify.annotations.Nullable;

/**
 * Sends what Hadoop logs to a file while an embedded cluster runs, and not to the console of the program that embeds
 * it; owned by the cluster that opened it.
 */
final class DaemonLog implements AutoCloseable {

    private static final String PATTERN = "%d{ISO8601} %-5p [%t] %c{2}: %m%n";

    private final Logger hadoop = Logger.getLogger("org.apache.hadoop");
    private final FileAppender appender;
    private final boolean additivity = hadoop.getAdditivity();
    private final @Nullable Level level = hadoop.getLevel();
    private final boolean ownsRoot;

    private DaemonLog(FileAppender appender) {
        this.appender = appender;
        Logger root = Logger.getRootLogger();
        // Where the program has not set up logging, all of it is ours: else Jetty and the like go to the console.
        this.ownsRoot = !root.getAllAppenders().hasMoreElements();
        if (ownsRoot) {
            root.setLevel(Level.INFO);
            root.addAppender(appender);
        } else {
            hadoop.addAppender(appender);
            hadoop.setAdditivity(false);
        }
        hadoop.setLevel(Level.INFO);
        quiet("org.apache.hadoop.metrics2");
        quiet("org.apache.hadoop.hdfs.server.blockmanagement.BlockPlacementPolicy");
        quiet("org.apache.hadoop.yarn.server.nodemanager.containermanager.monitor");
    }

    static DaemonLog open(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        return new DaemonLog(new FileAppender(new PatternLayout(PATTERN), file.toString(), true));
    }

    @Override
    public void close() {
        if (ownsRoot) {
            Logger.getRootLogger().removeAppender(appender);
        } else {
            hadoop.removeAppender(appender);
            hadoop.setAdditivity(additivity);
        }
        hadoop.setLevel(level);
        appender.close();
    }

    private static void quiet(String name) {
        Logger.getLogger(name).setLevel(Level.ERROR);
    }
}
