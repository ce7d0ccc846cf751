package io.selvage.client.connect;

import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;

/** Where a session is in its life, as YARN sees it. */
public enum SessionState {
    /** YARN has it, and has not yet found room for its master. */
    WAITING("waits for room on the cluster"),
    /** Its master has registered. */
    RUNNING("runs"),
    /** It was stopped. */
    STOPPED("was stopped"),
    /** It was killed from outside. */
    KILLED("was killed"),
    /** Its master has failed too often, or could not start. */
    FAILED("has failed");

    private final String words;

    SessionState(String words) {
        this.words = words;
    }

    public static SessionState of(ApplicationReport report) {
        return switch (report.getYarnApplicationState()) {
            case NEW, NEW_SAVING, SUBMITTED, ACCEPTED -> WAITING;
            case RUNNING -> RUNNING;
            case FINISHED -> report.getFinalApplicationStatus() == FinalApplicationStatus.FAILED ? FAILED : STOPPED;
            case KILLED -> KILLED;
            case FAILED -> FAILED;
        };
    }

    public boolean hasEnded() {
        return this == STOPPED || this == KILLED || this == FAILED;
    }

    /** After "the session": "runs", "has failed". */
    public String inWords() {
        return words;
    }
}
