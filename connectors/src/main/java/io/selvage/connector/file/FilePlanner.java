package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.graph.InvalidProgramException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Owned by the planner's thread. Lists the input once and cuts it into splits, in order of path and offset. */
final class FilePlanner implements SplitPlanner<FileSplit> {
    private static final byte NOTHING_PLANNED = 0;
    /** What follows is the path that was planned, in UTF-8; the first version said nothing of it. */
    private static final byte ALL_PLANNED = 1;

    private final InputFiles input;
    private final long splitBytes;
    private boolean complete;

    /** @throws InvalidProgramException if what was planned is of another path */
    FilePlanner(InputFiles input, long splitBytes, byte @Nullable [] restored) {
        this.input = input;
        this.splitBytes = splitBytes;
        this.complete = restored != null && restored[0] == ALL_PLANNED;
        if (restored != null && restored.length > 1) {
            requireSame(new String(restored, 1, restored.length - 1, StandardCharsets.UTF_8));
        }
    }

    /** The new path's files would never be looked for, and the job would end, or wait, as if it had read them. */
    private void requireSame(String planned) {
        if (!withoutAuthority(input.path()).equals(withoutAuthority(planned))) {
            throw new InvalidProgramException("The checkpoint is of a job that read " + planned + " here, and the"
                    + " program reads " + input.path() + ", whose files it would never look for. Let it read " + planned
                    + " as before, or give the source a uid that it did not have, so that it begins anew"
                    + " (--allow-dropped-state then leaves what the former one has read to).");
        }
    }

    /** The same files have several: with and without a port, by another name of the file system, or by none. */
    private static String withoutAuthority(String path) {
        return new Path(path).toUri().getPath();
    }

    @Override
    public List<FileSplit> discover() throws BadInputException, IOException {
        if (complete) {
            return List.of();
        }
        List<FileSplit> splits = new ArrayList<>();
        for (FileStatus file : input.list()) {
            addSplits(file, splits);
        }
        complete = true;
        return splits;
    }

    @Override
    public boolean isComplete() {
        return complete;
    }

    @Override
    public byte[] snapshot() {
        if (!complete) {
            return new byte[] {NOTHING_PLANNED};
        }
        byte[] path = input.path().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + path.length).put(ALL_PLANNED).put(path).array();
    }

    private void addSplits(FileStatus file, List<FileSplit> splits) {
        long length = file.getLen();
        for (long start = 0; start < length; start += splitBytes) {
            splits.add(new FileSplit(
                    file.getPath().toString(),
                    start,
                    Math.min(length, start + splitBytes),
                    length,
                    file.getModificationTime()));
        }
    }
}
