package io.selvage.checkpoint.backend;

/** Who gets the items of a list when an operator is restored. */
public enum Redistribution {
    /**
     * Each item one subtask: its own as long as the parallelism is the same, else the i-th of all items the subtask
     * {@code i} modulo the new parallelism. For splits of a source.
     */
    SPLIT,
    /**
     * Each item every subtask, in the order of the subtasks that wrote them. For watermarks, or what is to be
     * committed.
     */
    UNION
}
