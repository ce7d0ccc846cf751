package io.selvage.master.resource;

/**
 * What the session's jobs need at the moment.
 *
 * @param slots that jobs wait for
 * @param jobsRun whether a job runs that would be restarted if it lost an executor
 */
public record Demand(int slots, boolean jobsRun) {}
