package io.selvage.master.event;

import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.DrillRequest;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.Following;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.TakeSavepointRequest;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the master's core is told. Delivered one at a time, by the one thread that owns the core. */
public sealed interface MasterEvent {
    /** Calls the receiver's method for this kind of event, so that a new kind breaks every receiver at compile time. */
    void deliverTo(Receiver receiver);

    /** What a registered executor says on its stream; empty: something that this version does not know. */
    static Optional<MasterEvent> said(ExecutorId executor, ConnectionId connection, ExecutorMessage message) {
        return Optional.ofNullable(
                switch (message.getMessageCase()) {
                    case HEARTBEAT -> new HeartbeatReceived(executor, connection, message.getHeartbeat());
                    case SUBTASK -> new SubtaskReported(executor, connection, message.getSubtask());
                    case CHECKPOINT_ACKNOWLEDGED ->
                        new CheckpointAcknowledgedBy(executor, connection, message.getCheckpointAcknowledged());
                    case CHECKPOINT_DECLINED ->
                        new CheckpointDeclinedBy(executor, connection, message.getCheckpointDeclined());
                    case STOPPED -> new IncarnationStopped(executor, connection, message.getStopped());
                    case FOLLOWING -> new FollowingReported(executor, connection, message.getFollowing());
                    case REGISTER, THREADS, MESSAGE_NOT_SET -> null;
                });
    }

    /** Takes every kind of event. */
    interface Receiver {
        void on(Tick event);

        void on(ResourceManagerJoined event);

        void on(PreviousContainerFound event);

        void on(ContainerAllocated event);

        void on(ContainerStartFailed event);

        void on(ContainerCompleted event);

        void on(ContainerToBePreempted event);

        void on(NodeLeaving event);

        void on(NodeLost event);

        void on(ClusterSized event);

        void on(ExecutorsFit event);

        void on(ResourceManagerLost event);

        void on(ExecutorRegistered event);

        void on(ExecutorDisconnected event);

        void on(HeartbeatReceived event);

        void on(SubtaskReported event);

        void on(CheckpointAcknowledgedBy event);

        void on(CheckpointDeclinedBy event);

        void on(IncarnationStopped event);

        void on(FollowingReported event);

        void on(SubmissionRequested event);

        void on(CancelRequested event);

        void on(SavepointRequested event);

        void on(SavepointQueried event);

        void on(CheckpointRequested event);

        void on(RescaleRequested event);

        void on(SessionStopRequested event);

        void on(DrillRequested event);

        void on(JobsQueried event);

        void on(SessionQueried event);

        void on(JournalAppended event);

        void on(JournalWaits event);

        void on(JournalFenced event);

        void on(JournalUnavailable event);

        void on(GraphLoaded event);

        void on(GraphUnreadable event);

        void on(GraphChanged event);

        void on(GraphNotChanged event);

        void on(MetadataWritten event);

        void on(MetadataWriteFailed event);

        void on(MetadataRefused event);

        void on(SessionFilesDeleted event);

        void on(Unregistered event);
    }

    /** Time has passed: deadlines may be due. */
    record Tick() implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * This attempt is registered with YARN.
     *
     * @param previousContainers of earlier attempts that are still there, each with its memory in MiB; 0: not known
     * @param largestMemoryMib that YARN gives to a container in the session's queue
     * @param unfit why YARN would refuse to be asked for executors now, a sentence; empty if it would not
     */
    record ResourceManagerJoined(Map<ExecutorId, Long> previousContainers, long largestMemoryMib, String unfit)
            implements MasterEvent {
        public ResourceManagerJoined {
            previousContainers = Collections.unmodifiableMap(new TreeMap<>(previousContainers));
        }

        /** Of containers whose memory is not known, on a cluster without a bound. */
        public ResourceManagerJoined(Collection<ExecutorId> previousContainers) {
            this(
                    previousContainers.stream().collect(Collectors.toMap(Function.identity(), any -> 0L)),
                    Long.MAX_VALUE,
                    "");
        }

        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** YARN has reported a container of an earlier attempt late. */
    record PreviousContainerFound(ExecutorId executor, long memoryMib) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * YARN has given the session a container, in which nothing runs yet.
     *
     * @param memoryMib of the container, which may be more than was asked for; 0: not known
     */
    record ContainerAllocated(ExecutorId executor, String node, long memoryMib) implements MasterEvent {
        public ContainerAllocated(ExecutorId executor, String node) {
            this(executor, node, 0);
        }

        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * The executor's process was not started.
     *
     * @param isOfNode by the node, rather than because the master did not get as far as to ask it
     */
    record ContainerStartFailed(ExecutorId executor, String reason, boolean isOfNode) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A container's process is gone for good; the explanation is a sentence. */
    record ContainerCompleted(ExecutorId executor, int exitStatus, String explanation) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** YARN will take a container away soon: what runs there can still be moved. */
    record ContainerToBePreempted(ExecutorId executor, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A node, by YARN's node id, is being decommissioned: what runs there can still be moved. */
    record NodeLeaving(String node, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A node, by YARN's node id, is gone, and every container on it. */
    record NodeLost(String node, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** YARN answers, and the cluster has so many running nodes now: told when they change, and every few seconds. */
    record ClusterSized(int nodes) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A node, by YARN's node id, has come or is back that is large enough for an executor. */
    record ExecutorsFit(String node) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** The ResourceManager refuses this attempt, or can't be reached any more. */
    record ResourceManagerLost(String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** An executor has opened a stream and said who it is. */
    record ExecutorRegistered(ExecutorId executor, ConnectionId connection, Register register) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A registered executor's stream has ended. */
    record ExecutorDisconnected(ExecutorId executor, ConnectionId connection, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A sign of life with counters. */
    record HeartbeatReceived(ExecutorId executor, ConnectionId connection, Heartbeat heartbeat) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A subtask has changed its state. */
    record SubtaskReported(ExecutorId executor, ConnectionId connection, SubtaskReport report) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** Every subtask of an executor has stored its part of a checkpoint. */
    record CheckpointAcknowledgedBy(
            ExecutorId executor, ConnectionId connection, CheckpointAcknowledged acknowledgement)
            implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** An executor could not store its part of a checkpoint. */
    record CheckpointDeclinedBy(ExecutorId executor, ConnectionId connection, CheckpointDeclined declined)
            implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** Nothing of a job's incarnations up to one runs on an executor any more. */
    record IncarnationStopped(ExecutorId executor, ConnectionId connection, Stopped stopped) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A standby is as far as it was told to follow a job. */
    record FollowingReported(ExecutorId executor, ConnectionId connection, Following following) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client has put a job's graph and jars into HDFS and wants it run. */
    record SubmissionRequested(RequestId request, SubmitJobRequest submission) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client wants a job ended without finishing; the id is as the client wrote it. */
    record CancelRequested(RequestId request, String job) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client wants a savepoint of a job, or asks again how the one of that id stands. */
    record SavepointRequested(RequestId request, TakeSavepointRequest savepoint) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client asks how a savepoint stands. */
    record SavepointQueried(RequestId request, DescribeSavepointRequest savepoint) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client wants a checkpoint at once. */
    record CheckpointRequested(RequestId request, String job) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client wants another parallelism, or asks how it stands with that. */
    record RescaleRequested(RequestId request, RescaleJobRequest rescale) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A client wants the whole session ended. */
    record SessionStopRequested(RequestId request, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** The session's owner wants an executor, or this master, to fail. */
    record DrillRequested(RequestId request, DrillRequest drill) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** Someone asks about one job, or about all if the id is empty. */
    record JobsQueried(RequestId request, String job, boolean detailed) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * Someone asks about the session.
     *
     * @param refusedAtControlPort connections, since this master listens
     * @param refusedAtStatusPort likewise
     */
    record SessionQueried(RequestId request, long refusedAtControlPort, long refusedAtStatusPort)
            implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A record is durable, or what was asked to be confirmed is so. */
    record JournalAppended(AppendId append) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * The journal has just failed to take a record, or to be looked at, and that is tried again: told each time, and of
     * no effect once it is answered.
     *
     * @param reason a sentence
     */
    record JournalWaits(AppendId append, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A newer master has won the journal: this one has no say any more. */
    record JournalFenced(String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** The journal could not be written for longer than is worth waiting. */
    record JournalUnavailable(String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A job's graph has been read from HDFS. */
    record GraphLoaded(JobId job, JobGraphMessage graph) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A job's graph could not be read from HDFS. */
    record GraphUnreadable(JobId job, Failure failure) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A job's graph with another parallelism is in HDFS; it counts once the journal says so. */
    record GraphChanged(JobId job, String path) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** It is not. */
    record GraphNotChanged(JobId job, String path, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A checkpoint's metadata is in HDFS; it counts once the journal says so. */
    record MetadataWritten(CheckpointKey checkpoint, String path) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** A checkpoint's metadata could not be written. */
    record MetadataWriteFailed(CheckpointKey checkpoint, String reason) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /**
     * A checkpoint's metadata are not written, as a restore from them would be refused.
     *
     * @param gaps sentences that name operators and subtasks
     */
    record MetadataRefused(CheckpointKey checkpoint, String gaps) implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** Nothing of the session is left in HDFS, as far as it could be deleted. */
    record SessionFilesDeleted() implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }

    /** YARN knows that the application has ended, and starts no other attempt. */
    record Unregistered() implements MasterEvent {
        @Override
        public void deliverTo(Receiver receiver) {
            receiver.on(this);
        }
    }
}
