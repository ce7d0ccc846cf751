package io.selvage.connector.file;

import io.selvage.api.connector.Committer;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.Path;

/** Owned by the sink's subtask thread. Makes pending files visible, each by one rename that never replaces anything. */
final class FileCommitter implements Committer<PendingFile> {
    private final OutputFiles files;
    private final OutputLayout layout;
    private final long incarnation;
    private boolean recovered; // What earlier incarnations have left is not needed any more.

    FileCommitter(OutputFiles files, OutputLayout layout, long incarnation) {
        this.files = files;
        this.layout = layout;
        this.incarnation = incarnation;
    }

    @Override
    public void commit(List<PendingFile> committables) throws IOException {
        for (PendingFile file : committables) {
            commit(file);
        }
    }

    @Override
    public void recover(List<PendingFile> committables) throws IOException {
        commit(committables);
        recovered = true;
        sweep();
    }

    private void sweep() throws IOException {
        for (Path pending : files.filesIn(layout.pendingDirectory())) {
            long writtenBy = OutputLayout.incarnationOf(pending);
            if (writtenBy >= 0 && writtenBy < incarnation) {
                files.deleteFile(pending);
            }
        }
    }

    /**
     * The last subtask to end finds the directories empty, and only then are they deleted. A writer of an earlier
     * incarnation that did not know of its end may have made a file after the recovery.
     */
    @Override
    public void close() throws IOException {
        if (recovered) {
            sweep();
        }
        for (Path directory : List.of(layout.pendingDirectory(), layout.jobDirectory(), layout.hiddenDirectory())) {
            if (!files.deleteIfEmpty(directory)) {
                return;
            }
        }
    }

    private void commit(PendingFile file) throws IOException {
        Path pending = new Path(file.pending());
        Path target = new Path(file.target());
        long length = files.length(pending);
        if (length < 0) {
            requireCommitted(file, target);
            return;
        }
        if (length != file.length()) {
            throw new IOException(
                    "The output file " + pending + " has " + length + " bytes, but " + file.length()
                            + " were written and confirmed. Something else has changed it; the checkpoint's output is damaged.");
        }
        try {
            files.renameNoReplace(pending, target);
        } catch (IOException e) {
            // It may have been done all the same, or the name may be taken: what is there now decides.
            if (files.length(pending) >= 0) {
                throw new IOException(
                        "The output file " + pending + " could not be renamed to " + target + ": " + e.getMessage()
                                + (files.length(target) < 0
                                        ? ""
                                        : ". Another file has that name: move it away; it was not overwritten."),
                        e);
            }
            requireCommitted(file, target);
        }
    }

    /** The pending file is gone: an earlier try has renamed it, or else output is lost. */
    private void requireCommitted(PendingFile file, Path target) throws IOException {
        long length = files.length(target);
        if (length < 0) {
            throw new IOException("The output file " + target + " is lost: neither it nor its pending file "
                    + file.pending() + " is there, although a completed checkpoint holds it."
                    + " Was something deleted by hand?");
        }
        if (length != file.length() || files.crc32c(target) != file.crc32c()) {
            throw new IOException("The output file " + target + " has other content than what was to be committed there"
                    + " (" + length + " bytes instead of " + file.length()
                    + ", or another checksum). It was left as it is; find out who wrote it.");
        }
    }
}
