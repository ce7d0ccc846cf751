package io.selvage.master.event;

/** How YARN is told that an application has ended. */
public enum FinalStatus {
    /** A session was stopped, or the one job of an application has finished. */
    SUCCEEDED,
    /** The one job of an application has failed for good. */
    FAILED,
    /** The one job of an application was canceled. */
    KILLED
}
