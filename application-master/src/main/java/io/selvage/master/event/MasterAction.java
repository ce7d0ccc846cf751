package io.selvage.master.event;

import com.google.protobuf.Message;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.RestoredFrom;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the master's core wants done. Carried out in the order given; what fails comes back as an event. */
public sealed interface MasterAction {
    /**
     * Calls the performer's method for this kind of action, so that a new kind breaks every performer at compile time.
     */
    void carryOut(Performer performer);

    /** Carries out every kind of action; none of them may block. */
    interface Performer {
        void perform(AppendToJournal action);

        void perform(ConfirmLeadership action);

        void perform(Send action);

        void perform(Disconnect action);

        void perform(Reply action);

        void perform(LoadGraph action);

        void perform(ChangeGraph action);

        void perform(WriteMetadata action);

        void perform(WriteSavepoint action);

        void perform(DeleteSavepoint action);

        void perform(SweepCheckpoints action);

        void perform(RetainCheckpoint action);

        void perform(DeleteJobFiles action);

        void perform(DeleteClaimed action);

        void perform(RequestContainers action);

        void perform(WithdrawRequests action);

        void perform(AvoidNodes action);

        void perform(LaunchExecutor action);

        void perform(ReleaseContainer action);

        void perform(DeleteSessionFiles action);

        void perform(Unregister action);

        void perform(FailProcess action);

        void perform(ExitProcess action);

        void perform(Note action);
    }

    /**
     * Make a record durable, after all that were asked for before it; answered by JournalAppended, JournalFenced or
     * JournalUnavailable, and until then, as often as it fails, by JournalWaits.
     */
    record AppendToJournal(AppendId append, JournalRecord record) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * See in the journal that no newer master is there, after all records that were asked for before it; answered as
     * AppendToJournal is.
     */
    record ConfirmLeadership(AppendId append) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Send an executor a message on the stream that it registered with; a stream that is gone drops it. */
    record Send(ExecutorId executor, ConnectionId connection, MasterMessage message) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** End an executor's stream. */
    record Disconnect(ExecutorId executor, ConnectionId connection, String reason) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Answer a client or the status page. */
    record Reply(RequestId request, Message response) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Read a job's graph; answered by GraphLoaded or GraphUnreadable. */
    record LoadGraph(JobId job, String path) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Write a job's graph with another parallelism of its vertices to a path of its own; answered by GraphChanged or
     * GraphNotChanged.
     *
     * @param parallelism of each vertex
     */
    record ChangeGraph(JobId job, String from, String to, Map<VertexId, Integer> parallelism) implements MasterAction {
        public ChangeGraph {
            parallelism = Collections.unmodifiableMap(new TreeMap<>(parallelism));
        }

        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Store a checkpoint's metadata, if it can be restored from them; answered by MetadataWritten, MetadataRefused or
     * MetadataWriteFailed.
     *
     * @param marks before that, mark the job's checkpoints as ones that outlive it
     */
    record WriteMetadata(CheckpointKey key, CheckpointMetadata metadata, boolean marks) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Store a savepoint's metadata in its directory, which makes it one, if it can be restored from them; answered by
     * MetadataWritten, MetadataRefused or MetadataWriteFailed.
     */
    record WriteSavepoint(CheckpointKey key, String directory, CheckpointMetadata metadata) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Delete what there is of a savepoint that was given up. */
    record DeleteSavepoint(String directory) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Delete every checkpoint of a job below the newest but those that are kept.
     *
     * @param needed by another job, with those before it: none up to that number is deleted; 0 if none is
     */
    record SweepCheckpoints(JobId job, Set<CheckpointId> kept, long needed, CheckpointId newest)
            implements MasterAction {
        public SweepCheckpoints {
            kept = Collections.unmodifiableSortedSet(new TreeSet<>(kept));
        }

        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Delete all that a job has in HDFS but these checkpoints, and what the journal says of it. */
    record RetainCheckpoint(JobId job, Set<CheckpointId> kept) implements MasterAction {
        public RetainCheckpoint {
            kept = Collections.unmodifiableSortedSet(new TreeSet<>(kept));
        }

        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Delete what a job has started from, and has claimed. */
    record DeleteClaimed(RestoredFrom claimed) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Delete all that a job has in HDFS but what the journal says of it. */
    record DeleteJobFiles(JobId job) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Ask YARN for so many more containers, each of so much memory, and for none of other sizes any more. */
    record RequestContainers(int count, long memoryMib) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Ask YARN for so many fewer containers. */
    record WithdrawRequests(int count) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Have YARN give no containers on some nodes, and again on others; by YARN's node ids. */
    record AvoidNodes(List<String> excluded, List<String> takenBack) implements MasterAction {
        public AvoidNodes {
            excluded = List.copyOf(excluded);
            takenBack = List.copyOf(takenBack);
        }

        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Start an executor's process in a container; answered by ContainerStartFailed if that fails.
     *
     * @param reserveMib of the container's memory, what heap and buffers are not to take
     */
    record LaunchExecutor(ExecutorId executor, long reserveMib) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Give a container back, whatever runs in it. */
    record ReleaseContainer(ExecutorId executor, String reason) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Delete the session's directory in HDFS, the journal last, but for checkpoints that outlive their jobs; answered
     * by SessionFilesDeleted. Only once YARN starts no other attempt, which would find no journal.
     */
    record DeleteSessionFiles() implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /**
     * Tell YARN that the application has ended, so that it starts no other attempt; answered by Unregistered, or by
     * ResourceManagerLost if YARN does not take this attempt's word.
     */
    record Unregister(FinalStatus status, String diagnostics) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** A drill: do to this process what a fault would, once the answers given so far are on their way. */
    record FailProcess(DrillKind kind) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** End this process at once. Always the last action. */
    record ExitProcess(ExitCode code, String reason) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }

    /** Log what was decided and why. */
    record Note(String line) implements MasterAction {
        @Override
        public void carryOut(Performer performer) {
            performer.perform(this);
        }
    }
}
