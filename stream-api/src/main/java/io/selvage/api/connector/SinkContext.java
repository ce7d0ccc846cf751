package io.selvage.api.connector;

/** Where a sink's writer or committer finds itself. */
public interface SinkContext {
    String jobId();

    String operatorUid();

    int subtask();

    int parallelism();

    /** Never used twice in a job: names of what a writer prepares carry it. */
    long incarnation();

    ClassLoader userClassLoader();
}
