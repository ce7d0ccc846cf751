package io.selvage.connector.file;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SplitPlanner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;

/** Owned by the planner's thread. Lists the input once and cuts it into splits, in order of path and offset. */
final class FilePlanner implements SplitPlanner<FileSplit> {
    private static final byte[] NOTHING_PLANNED = {0};
    private static final byte[] ALL_PLANNED = {1};

    private final InputFiles input;
    private final long splitBytes;
    private boolean complete;

    FilePlanner(InputFiles input, long splitBytes, byte[] restored) {
        this.input = input;
        this.splitBytes = splitBytes;
        this.complete = restored[0] == ALL_PLANNED[0];
    }

    static byte[] initialState() {
        return NOTHING_PLANNED;
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
        return (complete ? ALL_PLANNED : NOTHING_PLANNED).clone();
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
