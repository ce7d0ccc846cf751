package io.selvage.api.connector;

/** Where a planner or reader finds itself. */
public interface SourceContext {
    String operatorName();

    int subtask();

    /** Of the readers. */
    int parallelism();

    ClassLoader userClassLoader();
}
