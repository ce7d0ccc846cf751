package io.selvage.master.simulation;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import org.jspecify.annotations.Nullable;

/**
 * A step of the master at which it may die: right before, or right after. With a step that is a record, before means
 * that the journal does not get it, and after that it is durable and the master does not hear of it.
 */
enum Label {
    /** A job is accepted. */
    SUBMIT,
    /** An incarnation has failed. */
    FAIL,
    /** An incarnation starts. */
    RESTART,
    DEPLOY,
    /** An executor says what still runs there. */
    ADOPT,
    TRIGGER,
    ACKNOWLEDGE,
    WRITE_METADATA,
    /** A checkpoint counts. */
    PUBLISH,
    /** Tasks are told that they may commit. */
    COMMIT,
    /** Older checkpoints are deleted. */
    SUBSUME,
    /** Tasks are told to stop. */
    STOP,
    CANCEL,
    END_JOB,
    /** A container is given back, or an executor told to end. */
    RELEASE,
    STOP_SESSION,
    /** YARN is told of the application's end. */
    UNREGISTER;

    static @Nullable Label of(MasterAction action) {
        if (action instanceof MasterAction.AppendToJournal append) {
            return of(append.record());
        }
        if (action instanceof MasterAction.Send send) {
            return of(send.message());
        }
        if (action instanceof MasterAction.WriteMetadata) {
            return WRITE_METADATA;
        }
        if (action instanceof MasterAction.SweepCheckpoints) {
            return SUBSUME;
        }
        if (action instanceof MasterAction.Unregister) {
            return UNREGISTER;
        }
        return action instanceof MasterAction.ReleaseContainer ? RELEASE : null;
    }

    static @Nullable Label of(MasterEvent event) {
        if (event instanceof MasterEvent.CheckpointAcknowledgedBy) {
            return ACKNOWLEDGE;
        }
        boolean survives = event instanceof MasterEvent.ExecutorRegistered registered
                && registered.register().getRunningCount() > 0;
        return survives ? ADOPT : null;
    }

    static @Nullable Label of(JournalRecord journaled) {
        return switch (journaled.getRecordCase()) {
            case JOB_SUBMITTED -> SUBMIT;
            case INCARNATION_STARTED -> RESTART;
            case CHECKPOINT_COMPLETED -> PUBLISH;
            case JOB_CANCEL_REQUESTED -> CANCEL;
            case JOB_ENDED -> END_JOB;
            case INCARNATION_FAILED -> FAIL;
            case SESSION_STOPPING -> STOP_SESSION;
            case EPOCH_STARTED, SNAPSHOT, CLUSTER_LEARNT, RECORD_NOT_SET -> null;
        };
    }

    private static @Nullable Label of(MasterMessage message) {
        return switch (message.getMessageCase()) {
            case DEPLOY -> DEPLOY;
            case STOP -> STOP;
            case TRIGGER -> TRIGGER;
            case COMPLETE -> COMMIT;
            case SHUTDOWN -> RELEASE;
            case REGISTERED, ABORT, HEARTBEAT, FOLLOW, UNFOLLOW, DRILL, DUMP_THREADS, NEW_TOKENS, MESSAGE_NOT_SET ->
                null;
        };
    }
}
