package io.selvage.task.executor;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Options.ChecksumOpt;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Local files, as {@code core-site.xml} of the tests has it: Hadoop itself starts a process for each, which sets its
 * permissions. As with Hadoop's, nothing is synced to the disk.
 */
public class QuickFiles extends DelegateToFileSystem {
    public QuickFiles(URI uri, Configuration configuration) throws IOException, URISyntaxException {
        this(uri, new Raw(), configuration);
    }

    protected QuickFiles(URI uri, RawLocalFileSystem files, Configuration configuration)
            throws IOException, URISyntaxException {
        super(uri, files, configuration, "file", false);
    }

    /** Sets permissions itself. */
    public static class Raw extends RawLocalFileSystem {
        /** There are no links; Hadoop starts a process to see that, two for each rename. */
        @Override
        public FileStatus getFileLinkStatus(Path file) throws IOException {
            return getFileStatus(file);
        }

        @Override
        public void setPermission(Path file, FsPermission permission) throws IOException {
            String symbols = permission.getUserAction().SYMBOL
                    + permission.getGroupAction().SYMBOL
                    + permission.getOtherAction().SYMBOL;
            Files.setPosixFilePermissions(pathToFile(file).toPath(), PosixFilePermissions.fromString(symbols));
        }
    }

    @Override
    public int getUriDefaultPort() {
        return -1;
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
        return new FSDataOutputStream(
                new BufferedOutputStream(super.createInternal(
                        file,
                        flags,
                        permission,
                        bufferBytes,
                        replication,
                        blockBytes,
                        progress,
                        checksum,
                        createParent)),
                null);
    }
}
