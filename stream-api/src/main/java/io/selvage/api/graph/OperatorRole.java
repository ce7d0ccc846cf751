package io.selvage.api.graph;

/** What an operator is to the job as a whole. */
public enum OperatorRole {
    TRANSFORM,
    /** Has no input; barriers start here. */
    SOURCE_PLANNER,
    /** Its output counts as the job's input. */
    SOURCE_READER,
    /** Its input counts as the job's output. */
    SINK
}
