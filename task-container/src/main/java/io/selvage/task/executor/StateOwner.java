package io.selvage.task.executor;

import io.selvage.protocol.id.SubtaskId;
import java.util.Comparator;

/** An operator in one subtask of a job: what keyed state belongs to. */
record StateOwner(SubtaskId subtask, String operatorUid) implements Comparable<StateOwner> {
    /** What one executor is likely to have together comes together. */
    private static final Comparator<StateOwner> ORDER = Comparator.comparingInt(
                    (StateOwner owner) -> owner.subtask().index())
            .thenComparing(StateOwner::subtask)
            .thenComparing(StateOwner::operatorUid);

    @Override
    public int compareTo(StateOwner other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return operatorUid + " in subtask " + subtask;
    }
}
