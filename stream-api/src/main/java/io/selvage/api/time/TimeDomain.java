package io.selvage.api.time;

/** Which clock a timer or a window goes by. The order is part of formats: new ones go behind. */
public enum TimeDomain {
    /** The timestamps of elements, which go on with the watermark. */
    EVENT_TIME,
    /** The wall clock of whichever host runs the subtask. */
    PROCESSING_TIME
}
