package io.selvage.task.subtask;

import io.selvage.protocol.id.SubtaskId;
import org.jspecify.annotations.Nullable;

/** Hears of a subtask's life. Called by the subtask's thread; only enqueues, and may wait for room in a queue. */
public interface SubtaskListener {
    /** @param failure with {@link SubtaskPhase#FAILED} */
    void onPhase(SubtaskId subtask, SubtaskPhase phase, @Nullable Throwable failure);

    void onCut(SubtaskCut cut);

    /** The last call: the thread ends, and everything that it held is closed. */
    void onThreadEnd(SubtaskId subtask);
}
