package io.selvage.master.event;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;

/** A checkpoint as HDFS knows it: its number alone may be used again after a crash of the master. */
public record CheckpointKey(JobId job, Incarnation incarnation, CheckpointId checkpoint) {
    @Override
    public String toString() {
        return "checkpoint " + checkpoint + " of " + job + ", incarnation " + incarnation;
    }
}
