package io.selvage.api.connector;

/** Where a planner or reader finds itself. */
public interface SourceContext {
    String operatorName();

    int subtask();

    /** Of the planner, always 1, or of the readers. */
    int parallelism();

    ClassLoader userClassLoader();
}
