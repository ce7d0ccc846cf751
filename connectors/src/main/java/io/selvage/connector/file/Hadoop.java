package io.selvage.connector.file;

import java.io.IOException;
import java.util.Map;
import java.util.WeakHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** The file systems that the Hadoop configuration on the class path leads to. */
final class Hadoop {
    // Reading the XML files takes longer than opening a file, and a reader opens many. By the loader of the program,
    // because one client may talk to several clusters; guarded by itself, for any subtask may be the first to ask.
    private static final Map<ClassLoader, Configuration> CONFIGURATIONS = new WeakHashMap<>();

    /** How long HDFS's client sleeps, first, when a file's last block is not reported yet at its close. */
    private static final String CLOSE_DELAY = "dfs.client.block.write.locateFollowingBlock.initial.delay.ms";

    private static final String CLOSE_RETRIES = "dfs.client.block.write.locateFollowingBlock.retries";
    private static final int HADOOPS_CLOSE_DELAY_MILLIS = 400;
    private static final int CLOSE_DELAY_MILLIS = 10;
    /** Each delay is twice the one before: 20 s in all. */
    private static final int CLOSE_RETRY_COUNT = 11;

    private Hadoop() {}

    static FileSystem fileSystem(Path path) throws IOException {
        return path.getFileSystem(configuration());
    }

    static Path qualify(Path path) throws IOException {
        return fileSystem(path).makeQualified(path);
    }

    /** Its rename, unlike that of {@link FileSystem}, never replaces a file and says why it did nothing. */
    static FileContext fileContext(Path qualified) throws IOException {
        return FileContext.getFileContext(qualified.toUri(), configuration());
    }

    private static Configuration configuration() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader loader = context == null ? Hadoop.class.getClassLoader() : context;
        synchronized (CONFIGURATIONS) {
            return CONFIGURATIONS.computeIfAbsent(loader, Hadoop::read);
        }
    }

    private static Configuration read(ClassLoader loader) {
        HdfsConfiguration.init(); // adds hdfs-site.xml, which is else read only once HDFS is used
        Configuration configuration = new Configuration();
        configuration.setClassLoader(loader);
        if (configuration.size() == 0) { // asking is what makes it read its files
            throw new IllegalStateException("Hadoop's core-default.xml is not on the class path");
        }
        if (configuration.getInt(CLOSE_DELAY, HADOOPS_CLOSE_DELAY_MILLIS) == HADOOPS_CLOSE_DELAY_MILLIS) {
            // A sink closes its file at each barrier, and with Hadoop's default its subtask would mostly sleep so long.
            configuration.setInt(CLOSE_DELAY, CLOSE_DELAY_MILLIS);
            configuration.setInt(CLOSE_RETRIES, CLOSE_RETRY_COUNT);
        }
        // Holds the program's loader no longer, or the map would keep what it is to forget.
        configuration.setClassLoader(Hadoop.class.getClassLoader());
        return configuration;
    }
}
