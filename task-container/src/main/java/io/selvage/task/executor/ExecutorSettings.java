package io.selvage.task.executor;

import io.selvage.protocol.id.ExecutorId;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What an executor is told when its process starts.
 *
 * @param host where peers reach its data port
 * @param node YARN's node id
 * @param logUrl empty if unknown
 * @param lease an executor without a master for so long ends itself
 * @param workDirectory local, for the jars of jobs
 * @param standbyBytes of the heap that may hold the state of jobs that it is ready to take over
 */
public record ExecutorSettings(
        ExecutorId id,
        String host,
        int slots,
        long processId,
        String node,
        String logUrl,
        Duration lease,
        Path workDirectory,
        long standbyBytes) {}
