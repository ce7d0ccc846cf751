package io.selvage.checkpoint.source;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by the planner's thread. Cuts the key groups into ranges, once. */
final class KeyGroupPlanner implements SplitPlanner<KeyGroupSplit> {
    private static final byte PLANNED = 1;

    private final String path;
    private final String operatorUid;
    private final int splits;
    private boolean isComplete;

    /** @param splits 0: as many as the operator had subtasks */
    KeyGroupPlanner(String path, String operatorUid, int splits, byte @Nullable [] restored) {
        this.path = path;
        this.operatorUid = operatorUid;
        this.splits = splits;
        this.isComplete = restored != null && restored[0] == PLANNED;
    }

    @Override
    public List<KeyGroupSplit> discover() throws BadInputException, IOException {
        if (isComplete) {
            return List.of();
        }
        StoredOperator operator = StoredOperator.at(path, operatorUid);
        int groups = operator.maxParallelism();
        int count = Math.min(groups, splits == 0 ? operator.parallelism() : splits);
        List<KeyGroupSplit> planned = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            KeyGroupRange range = KeyGroups.rangeOf(i, count, groups);
            planned.add(new KeyGroupSplit(operator.metadataFile(), range.first(), range.end()));
        }
        isComplete = true;
        return planned;
    }

    @Override
    public boolean isComplete() {
        return isComplete;
    }

    @Override
    public byte[] snapshot() {
        return new byte[] {isComplete ? PLANNED : 0};
    }
}
