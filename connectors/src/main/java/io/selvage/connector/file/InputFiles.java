package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.hadoop.security.AccessControlException;

/**
 * The files that a path stands for: a file, the files of a directory, or what a pattern matches, in order of their
 * names.
 *
 * <p>Names that begin with {@code _} or {@code .} are passed over in directories and patterns, as everywhere in Hadoop.
 */
record InputFiles(String path) {
    /** @throws BadInputException if there is nothing to read, with the remedy */
    List<FileStatus> list() throws BadInputException, IOException {
        Path root = new Path(path);
        try {
            FileSystem files = Hadoop.fileSystem(root);
            FileStatus[] matches = files.globStatus(root);
            if (matches == null) {
                throw new BadInputException("The input path " + path + " does not exist in " + files.getUri()
                        + ". Put the data there (hdfs dfs -put), or correct the path.");
            }
            List<FileStatus> found = new ArrayList<>();
            for (FileStatus match : matches) {
                if (match.isDirectory()) {
                    addFilesOf(match.getPath(), files, found);
                } else if (match.getPath().getName().equals(root.getName()) || !isHidden(match.getPath())) {
                    found.add(match);
                }
            }
            if (found.isEmpty()) {
                throw new BadInputException(nothingFound(matches.length));
            }
            refuseCompressed(found, files);
            found.sort(Comparator.comparing(file -> file.getPath().toString()));
            return found;
        } catch (AccessControlException e) {
            throw new BadInputException("The input path " + path + " may not be read: " + firstLine(e)
                    + ". Ask its owner for read permission, or submit the job as another user.");
        } catch (ConnectException | NoRouteToHostException | SocketTimeoutException e) {
            // Not the input's fault: a running job tries again.
            throw new IOException(
                    "The file system of the input path " + path + " does not answer: " + firstLine(e)
                            + ". Is it running, and is HADOOP_CONF_DIR the folder with its configuration?",
                    e);
        }
    }

    /** @throws BadInputException if the file, as {@link #list} gave it, may not be read */
    static void requireReadable(FileStatus file) throws BadInputException, IOException {
        Path path = file.getPath();
        try {
            Hadoop.fileSystem(path).access(path, FsAction.READ);
        } catch (AccessControlException e) {
            throw new BadInputException("The input file " + path + " may not be read: " + firstLine(e)
                    + ". Ask its owner for read permission, or submit the job as another user.");
        } catch (FileNotFoundException e) {
            throw new BadInputException(
                    "The input file " + path + " was deleted just now. Submit the job when its input is complete.");
        }
    }

    private static void addFilesOf(Path directory, FileSystem files, List<FileStatus> found) throws IOException {
        for (FileStatus child : files.listStatus(directory)) {
            if (child.isFile() && !isHidden(child.getPath())) {
                found.add(child);
            }
        }
    }

    private String nothingFound(int matchCount) {
        return matchCount == 0
                ? "No file matches the input pattern " + path + ". Correct the pattern, or put the data there."
                : "There is no file in the input directory " + path
                        + " (names that begin with _ or . are passed over). Put the data there, or correct the path.";
    }

    private static void refuseCompressed(List<FileStatus> found, FileSystem files) throws BadInputException {
        CompressionCodecFactory codecs = new CompressionCodecFactory(files.getConf());
        for (FileStatus file : found) {
            CompressionCodec codec = codecs.getCodec(file.getPath());
            if (codec != null) {
                throw new BadInputException("The input file " + file.getPath() + " is compressed ("
                        + codec.getDefaultExtension()
                        + "), and a compressed file cannot be read from a position within it. Decompress it first.");
            }
        }
    }

    private static boolean isHidden(Path path) {
        return path.getName().startsWith("_") || path.getName().startsWith(".");
    }

    /** Hadoop's remote exceptions carry a server's stack trace in their message. */
    static String firstLine(IOException e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
