package io.selvage.connector.file;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.fs.RemoteIterator;

/** Safe for use by many threads, as {@link FileContext} is. */
final class HadoopOutputFiles implements OutputFiles {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final String HDFS_SCHEME = "hdfs";

    private final FileContext files;
    private final EnumSet<CreateFlag> createFlags;

    /** @param qualified any path of the file system */
    HadoopOutputFiles(Path qualified) throws IOException {
        this.files = Hadoop.fileContext(qualified);
        // On an erasure-coded path hsync does nothing, silently, unless the file is replicated all the same.
        this.createFlags = HDFS_SCHEME.equals(qualified.toUri().getScheme())
                ? EnumSet.of(CreateFlag.CREATE, CreateFlag.SHOULD_REPLICATE)
                : EnumSet.of(CreateFlag.CREATE);
    }

    @Override
    public FSDataOutputStream create(Path path) throws IOException {
        return files.create(path, createFlags, Options.CreateOpts.createParent());
    }

    @Override
    public long length(Path path) throws IOException {
        try {
            return files.getFileStatus(path).getLen();
        } catch (FileNotFoundException e) {
            return -1;
        }
    }

    @Override
    public long crc32c(Path path) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (FSDataInputStream in = files.open(path)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
            }
        }
        return crc.getValue();
    }

    @Override
    public void renameNoReplace(Path from, Path to) throws IOException {
        files.rename(from, to, Options.Rename.NONE);
    }

    @Override
    public List<Path> filesIn(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try {
            RemoteIterator<FileStatus> children = files.listStatus(directory);
            while (children.hasNext()) {
                FileStatus child = children.next();
                if (child.isFile()) {
                    found.add(child.getPath());
                }
            }
        } catch (FileNotFoundException e) {
            return List.of();
        }
        return found;
    }

    @Override
    public void deleteFile(Path path) throws IOException {
        try {
            if (!files.delete(path, false) && length(path) >= 0) {
                throw new IOException("The file " + path + " could not be deleted, and no reason was given.");
            }
        } catch (FileNotFoundException e) {
            return; // as it should be
        }
    }

    @Override
    public boolean deleteIfEmpty(Path directory) throws IOException {
        try {
            return files.delete(directory, false) || length(directory) < 0;
        } catch (FileNotFoundException e) {
            return true;
        } catch (PathIsNotEmptyDirectoryException e) {
            return false;
        } catch (IOException e) {
            // The local file system has no exception of its own for this.
            if (String.valueOf(e.getMessage()).contains("is not empty")) {
                return false;
            }
            throw e;
        }
    }
}
