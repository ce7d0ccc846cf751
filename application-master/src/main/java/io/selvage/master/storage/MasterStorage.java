package io.selvage.master.storage;

import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.checkpoint.content.SubtaskCoverage;
import io.selvage.checkpoint.history.ApplicationFiles;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.VertexMessage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Immutable but for its pool of threads {@code master-storage-n}, which do all that is done here; the loop hands in.
 */
public final class MasterStorage {
    static final int THREADS = 4;
    /** Tasks that may wait. */
    static final int CAPACITY = 4096;
    /** A graph that can't be read is tried again so often, a pause apart: a NameNode's fail-over takes a while. */
    static final int READ_ATTEMPTS = 10;

    static final long READ_PAUSE_MILLIS = 3_000;
    private static final Logger LOG = LoggerFactory.getLogger(MasterStorage.class);

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final SubtaskCoverage coverage;
    private final String applicationId;
    private final Inbox inbox;
    private final Inbox.Overload overload;
    private final ThreadPoolExecutor pool;
    /** Hands to the pool what is to be tried again, and does nothing else. */
    private final ScheduledExecutorService timer;

    /** @param store rooted at the state root */
    public MasterStorage(DurableStore store, String applicationId, Inbox inbox, Inbox.Overload overload) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.coverage = new SubtaskCoverage(new SegmentReader(store));
        this.applicationId = applicationId;
        this.inbox = inbox;
        this.overload = overload;
        AtomicInteger number = new AtomicInteger();
        this.pool = new ThreadPoolExecutor(
                THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(CAPACITY), task -> {
                    Thread thread = new Thread(task, "master-storage-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "master-storage-timer");
            thread.setDaemon(true);
            return thread;
        });
    }

    public void loadGraph(MasterAction.LoadGraph action) {
        tryReadGraph(action, 1);
    }

    public void changeGraph(MasterAction.ChangeGraph action) {
        run(() -> {
            try {
                byte[] bytes = store.read(action.from())
                        .orElseThrow(() -> new IOException("The job's graph " + action.from() + " is missing."));
                PutOutcome put = store.putIfAbsent(
                        action.to(),
                        changed(JobGraphMessage.parseFrom(bytes), action.parallelism())
                                .toByteArray());
                inbox.post(
                        put.kind() == PutOutcome.Kind.WON
                                ? new MasterEvent.GraphChanged(action.job(), action.to())
                                : new MasterEvent.GraphNotChanged(
                                        action.job(),
                                        action.to(),
                                        "The changed graph was not written to " + action.to() + ": " + put.cause()));
            } catch (IOException failed) {
                LOG.warn("The graph of {} could not be changed.", action.job(), failed);
                inbox.post(new MasterEvent.GraphNotChanged(action.job(), action.to(), FailureWords.firstLine(failed)));
            }
        });
    }

    private static JobGraphMessage changed(JobGraphMessage graph, Map<VertexId, Integer> parallelism) {
        JobGraphMessage.Builder changed = graph.toBuilder();
        for (VertexMessage.Builder vertex : changed.getVerticesBuilderList()) {
            if (vertex.getSubmittedParallelism() == 0) {
                vertex.setSubmittedParallelism(vertex.getParallelism());
            }
            vertex.setParallelism(parallelism.getOrDefault(new VertexId(vertex.getId()), vertex.getParallelism()));
        }
        return changed.build();
    }

    public void writeMetadata(MasterAction.WriteMetadata action) {
        CheckpointKey key = action.key();
        write(key, action.metadata(), () -> {
            if (action.marks()) {
                checkpoints.markRetained(layout(key.job()));
            }
            return checkpoints.writeMetadata(layout(key.job()), action.metadata());
        });
    }

    public void writeSavepoint(MasterAction.WriteSavepoint action) {
        SavepointLayout layout = new SavepointLayout(action.directory());
        CheckpointMetadata resolved = SavepointLayout.resolve(action.metadata(), store.qualify(action.directory()));
        write(action.key(), resolved, () -> checkpoints.writeSavepoint(layout, action.metadata()));
    }

    /**
     * Whatever would be refused by a restore is refused here, before older checkpoints give way to it.
     *
     * @param metadata with all files fully qualified
     * @param writing writes them, and answers their path
     */
    private void write(CheckpointKey key, CheckpointMetadata metadata, Writing writing) {
        run(() -> {
            try {
                List<String> gaps = coverage.gaps(metadata);
                if (gaps.isEmpty()) {
                    inbox.post(new MasterEvent.MetadataWritten(key, writing.write()));
                } else {
                    LOG.error(
                            "The metadata of {} are not written, as nothing could be restored from them: {}",
                            key,
                            gaps);
                    inbox.post(new MasterEvent.MetadataRefused(key, String.join(" ", gaps)));
                }
            } catch (IOException failed) {
                LOG.warn("The metadata of {} could not be written.", key, failed);
                inbox.post(new MasterEvent.MetadataWriteFailed(key, FailureWords.firstLine(failed)));
            }
        });
    }

    @FunctionalInterface
    private interface Writing {
        String write() throws IOException;
    }

    public void deleteSavepoint(MasterAction.DeleteSavepoint action) {
        run(() -> {
            try {
                checkpoints.delete(new SavepointLayout(action.directory()));
            } catch (IOException failed) {
                LOG.warn(
                        "What there is of a savepoint in {} could not be deleted; it was given up, and is not one:"
                                + " delete that directory by hand.",
                        store.qualify(action.directory()),
                        failed);
            }
        });
    }

    public void sweepCheckpoints(MasterAction.SweepCheckpoints action) {
        run(() -> {
            try {
                List<CheckpointId> deleted = checkpoints.deleteBetween(
                        layout(action.job()), action.needed(), action.newest(), action.kept());
                LOG.debug("Checkpoints {} of {} are deleted.", deleted, action.job());
            } catch (IOException failed) {
                LOG.warn(
                        "Older checkpoints of {} could not be deleted; the next completed one deletes them.",
                        action.job(),
                        failed);
            }
        });
    }

    public void retainCheckpoint(MasterAction.RetainCheckpoint action) {
        run(() -> {
            try {
                checkpoints.retain(layout(action.job()), action.kept());
            } catch (IOException failed) {
                LOG.warn(
                        "What is left of {} beside its checkpoints {}, which are kept, could not be deleted.",
                        action.job(),
                        action.kept(),
                        failed);
            }
        });
    }

    public void deleteClaimed(MasterAction.DeleteClaimed action) {
        run(() -> {
            try {
                checkpoints.deleteClaimed(action.claimed());
            } catch (IOException failed) {
                LOG.warn(
                        "What a job has claimed in {} and no longer needs could not be deleted: delete it by hand.",
                        action.claimed().getClaimedDirectory(),
                        failed);
            }
        });
    }

    public void deleteJobFiles(MasterAction.DeleteJobFiles action) {
        run(() -> {
            try {
                checkpoints.deleteJob(layout(action.job()));
            } catch (IOException failed) {
                LOG.warn("Files of {} could not be deleted; the session's end deletes them.", action.job(), failed);
            }
        });
    }

    public void deleteSessionFiles() {
        run(() -> {
            try {
                ApplicationFiles.delete(store, applicationId);
            } catch (IOException failed) {
                LOG.warn(
                        "Files of the session are left in {}; delete that directory by hand.",
                        store.qualify(applicationId),
                        failed);
            }
            inbox.post(new MasterEvent.SessionFilesDeleted());
        });
    }

    /** Ends its threads; nothing is handed in any more. For masters that end before their process does. */
    public void close() {
        timer.shutdownNow();
        pool.shutdown();
    }

    /** No thread waits between the attempts: other jobs' files are written meanwhile. */
    private void tryReadGraph(MasterAction.LoadGraph action, int attempt) {
        run(() -> {
            try {
                inbox.post(readGraph(action.job(), action.path()));
            } catch (IOException failed) {
                LOG.warn("The graph of {} could not be read, attempt {}.", action.job(), attempt, failed);
                MasterEvent givenUp = unreadable(
                        action.job(),
                        FailureKind.TRANSIENT,
                        "The job's graph " + action.path() + " could not be read: " + FailureWords.sentence(failed)
                                + " See whether HDFS answers.");
                Runnable next =
                        attempt < READ_ATTEMPTS ? () -> tryReadGraph(action, attempt + 1) : () -> inbox.post(givenUp);
                timer.schedule(next, READ_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    private MasterEvent readGraph(JobId job, String path) throws IOException {
        Optional<byte[]> bytes = store.read(path);
        if (bytes.isEmpty()) {
            return unreadable(job, FailureKind.FATAL, "The job's graph " + path + " is missing: submit the job again.");
        }
        try {
            return new MasterEvent.GraphLoaded(job, JobGraphMessage.parseFrom(bytes.get()));
        } catch (InvalidProtocolBufferException malformed) {
            return unreadable(
                    job,
                    FailureKind.FATAL,
                    "The job's graph " + path + " can't be parsed (" + malformed.getMessage()
                            + "): submit the job again, with a client of the session's version.");
        }
    }

    private static MasterEvent unreadable(JobId job, FailureKind kind, String message) {
        return new MasterEvent.GraphUnreadable(
                job, Failure.newBuilder().setKind(kind).setMessage(message).build());
    }

    private CheckpointLayout layout(JobId job) {
        return CheckpointLayout.of(applicationId, job);
    }

    private void run(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException full) {
            overload.onFull("The queue of " + CAPACITY + " tasks for HDFS is full.");
        }
    }
}
