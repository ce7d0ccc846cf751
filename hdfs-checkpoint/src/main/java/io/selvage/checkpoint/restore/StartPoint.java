package io.selvage.checkpoint.restore;

/**
 * What a job is to go on from.
 *
 * @param path of a savepoint, or of a checkpoint that was left: its directory, or the metadata in it
 * @param mayDropState what it holds that the program has no place for is no longer wanted: of operators that it does
 *     not have, of steps of another kind, and what it does not declare any more, be it with keys or broadcast
 * @param claimed it is the job's own from then on, which deletes it once it has a checkpoint of its own; else it is
 *     left as it is
 */
public record StartPoint(String path, boolean mayDropState, boolean claimed) {}
