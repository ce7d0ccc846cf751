package io.selvage.master.job;

import io.selvage.master.resource.FleetLimits;
import java.time.Duration;

/**
 * Bounds of waits for what should happen soon; times in nanoseconds.
 *
 * @param resourcesNanos until a job that has never run, and does not get its slots, has failed
 * @param rescaleNanos until a job that is to have another parallelism, and can't take its checkpoint for it, goes on as
 *     it is; after that checkpoint's time-out once it is taken
 * @param slotsAlarmNanos until the alarm is raised for a job that has run and does not get its slots again
 * @param journalAlarmNanos until the alarm is raised for jobs because the journal can't be written
 * @param deployNanos until an incarnation whose subtasks don't all run has failed
 * @param stopNanos until an executor that does not stop a job's subtasks is given up; above the 30 s after which it
 *     ends itself
 * @param suspicionNanos how long a failure that is blamed on an executor waits for that executor's stream to end,
 *     before the job goes on without it
 * @param explanationNanos how long the end of a job that is not restarted waits for YARN's reason for the loss of an
 *     executor: as long as its container is kept for that
 * @param stopSessionNanos until a session that is being stopped no longer waits for its jobs' and executors' ends
 */
record JobLimits(
        long resourcesNanos,
        long rescaleNanos,
        long slotsAlarmNanos,
        long journalAlarmNanos,
        long deployNanos,
        long stopNanos,
        long suspicionNanos,
        long explanationNanos,
        long stopSessionNanos) {
    static JobLimits standard() {
        return new JobLimits(
                Duration.ofMinutes(5).toNanos(),
                Duration.ofMinutes(2).toNanos(),
                Duration.ofSeconds(30).toNanos(),
                Duration.ofSeconds(30).toNanos(),
                Duration.ofMinutes(5).toNanos(),
                Duration.ofSeconds(40).toNanos(),
                Duration.ofMillis(100).toNanos(),
                FleetLimits.EXIT_STATUS.toNanos(),
                Duration.ofSeconds(60).toNanos());
    }
}
