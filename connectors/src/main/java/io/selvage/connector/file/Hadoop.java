package io.selvage.connector.file;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The file systems that the Hadoop configuration on the class path leads to. */
final class Hadoop {
    // Read once: parsing the XML files takes longer than opening a file. Never changed afterwards.
    private static final Configuration CONFIGURATION = new Configuration();

    private Hadoop() {}

    static FileSystem fileSystem(Path path) throws IOException {
        return path.getFileSystem(CONFIGURATION);
    }

    static Path qualify(Path path) throws IOException {
        return fileSystem(path).makeQualified(path);
    }

    /** Its rename, unlike that of {@link FileSystem}, never replaces a file and says why it did nothing. */
    static FileContext fileContext(Path qualified) throws IOException {
        return FileContext.getFileContext(qualified.toUri(), CONFIGURATION);
    }
}
