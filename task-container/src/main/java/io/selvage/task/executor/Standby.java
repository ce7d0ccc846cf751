package io.selvage.task.executor;

import io.selvage.api.graph.Vertex;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.Following;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the executor's loop: the jobs that this executor is ready to take subtasks of. For each, one checkpoint is
 * read at a time, and of those that come meanwhile the newest waits.
 */
final class Standby {
    private static final Logger LOG = LoggerFactory.getLogger(Standby.class);

    private final ExecutorServices services;
    private final JobPreparation preparation;
    private final SegmentReader segments;
    private final Warming warmUp;
    private final long mostBytes;
    private final Inbox inbox;
    private final Map<JobId, Followed> jobs = new HashMap<>();
    private final Map<JobId, HeldState> held = new ConcurrentHashMap<>(); // Summed up by following threads.

    /** Does once what takes long the first time. */
    interface Warming {
        /** @param isUnneeded it is to end: what there is time for now is needed for other things */
        void run(Follow follow, PreparedJob program, BooleanSupplier isUnneeded);
    }

    /** Owned by the executor's loop: one job. */
    private static final class Followed {
        boolean active; // False: no longer followed; a run may still be under way.
        boolean hasWarmedUp; // Or has begun to.

        @Nullable
        AtomicBoolean warmUp; // Stops the one that is under way; null: there is none.

        @Nullable
        volatile Follow waiting; // Volatile: the run under way looks at it.

        @Nullable
        AtomicBoolean run; // Stops the run that is under way; null: there is none.
    }

    /**
     * @param warmUp does once for each job what takes long the first time
     * @param mostBytes of state that may be held at once
     */
    Standby(ExecutorServices services, JobPreparation preparation, Warming warmUp, long mostBytes, Inbox inbox) {
        this.services = services;
        this.preparation = preparation;
        this.segments = new SegmentReader(services.store());
        this.warmUp = warmUp;
        this.mostBytes = mostBytes;
        this.inbox = inbox;
    }

    /** Jobs whose programs are in use here, by id. */
    Set<String> programs() {
        return jobs.entrySet().stream()
                .filter(entry -> entry.getValue().active || isBusy(entry.getValue()))
                .map(entry -> entry.getKey().value())
                .collect(Collectors.toCollection(HashSet::new));
    }

    boolean isFollowed(JobId job) {
        Followed followed = jobs.get(job);
        return followed != null && followed.active;
    }

    /** @param liveJobs other jobs whose programs are in use */
    void follow(JobHere job, Follow follow, Set<String> liveJobs) {
        Followed followed = jobs.computeIfAbsent(job.id, id -> new Followed());
        followed.active = true;
        followed.waiting = follow;
        held.put(job.id, job.held);
        startNext(job, followed, liveJobs);
        if (!followed.hasWarmedUp) {
            startWarmUp(job.id, follow, followed, liveJobs);
        }
    }

    /** Subtasks of the job start here, or it is followed no longer; answers whether it was followed. */
    boolean end(JobId job) {
        Followed followed = jobs.get(job);
        if (followed == null || !followed.active) {
            return false;
        }
        followed.active = false;
        followed.waiting = null;
        held.remove(job);
        if (followed.run != null) {
            followed.run.set(true);
        }
        if (followed.warmUp != null) {
            followed.warmUp.set(true);
        }
        forgetIfIdle(job, followed);
        return true;
    }

    private void forgetIfIdle(JobId job, Followed followed) {
        if (!followed.active && !isBusy(followed)) {
            jobs.remove(job);
        }
    }

    private static boolean isBusy(Followed followed) {
        return followed.run != null || followed.warmUp != null;
    }

    /** What to tell the master, if anything. */
    Optional<Following> onEnded(JobHere job, ExecutorEvent.FollowEnded ended, Set<String> liveJobs) {
        Followed followed = jobs.get(job.id);
        if (followed == null) {
            return Optional.empty();
        }
        followed.run = null;
        if (!followed.active) {
            forgetIfIdle(job.id, followed);
            return Optional.empty();
        }
        startNext(job, followed, liveJobs);
        if (ended.failure() != null) {
            LOG.warn(
                    "Checkpoint {} of {} could not be followed; the next one is: {}",
                    ended.checkpoint(),
                    job.id,
                    ended.failure().toString(),
                    ended.failure() instanceof IOException ? null : ended.failure()); // Swept meanwhile, mostly.
            return Optional.empty();
        }
        LOG.debug(
                "Checkpoint {} of {} is held ready: {} bytes, {} left",
                ended.checkpoint(),
                job.id,
                ended.bytes(),
                ended.bytesLeft());
        return Optional.of(Following.newBuilder()
                .setJobId(job.id.value())
                .setCheckpoint(ended.checkpoint())
                .setBytes(ended.bytes())
                .setBytesLeft(ended.bytesLeft())
                .build());
    }

    private void startNext(JobHere job, Followed followed, Set<String> liveJobs) {
        Follow follow = followed.waiting;
        if (follow == null || followed.run != null) {
            return;
        }
        followed.waiting = null;
        AtomicBoolean stop = new AtomicBoolean();
        followed.run = stop;
        services.preparing().execute(() -> {
            try {
                prepare(job.id, job.held, follow, followed, liveJobs, stop);
            } catch (Throwable thrown) {
                inbox.post(failed(job.id, follow, thrown));
            }
        });
    }

    /** The preparing thread, which is not kept from deployments by what takes longer. */
    private void prepare(
            JobId job, HeldState into, Follow follow, Followed followed, Set<String> liveJobs, AtomicBoolean stop)
            throws Exception {
        JobConfig config = services.jobConfig(follow.getSettingsMap());
        PreparedJob program = program(follow, config, liveJobs);
        CheckpointMetadata metadata = metadata(follow);
        Map<Integer, Integer> parallelism =
                program.graph().vertices().stream().collect(Collectors.toMap(Vertex::id, Vertex::parallelism));
        FollowRun run = new FollowRun(
                metadata,
                parallelism,
                into,
                services.backends().of(config.stateBackend()),
                segments,
                mostBytes,
                () -> bytesOfOthers(job),
                stop,
                new Newest(followed, follow, metadata)::metadata);
        services.uploading().execute(() -> {
            try {
                FollowRun.Outcome outcome = run.run();
                inbox.post(new ExecutorEvent.FollowEnded(
                        job, follow.getCheckpoint(), outcome.bytes(), outcome.bytesLeft(), null));
            } catch (Throwable thrown) {
                inbox.post(failed(job, follow, thrown));
            }
        });
    }

    /** Owned by a run: the newest checkpoint that this executor was told of, and could read the metadata of. */
    private final class Newest {
        private final Followed followed;
        private Follow newest;
        private CheckpointMetadata metadata;

        Newest(Followed followed, Follow first, CheckpointMetadata metadata) {
            this.followed = followed;
            this.newest = first;
            this.metadata = metadata;
        }

        CheckpointMetadata metadata() {
            Follow waiting = followed.waiting;
            if (waiting != null && waiting != newest && waiting.getGraphPath().equals(newest.getGraphPath())) {
                newest = waiting;
                try {
                    metadata = Standby.this.metadata(waiting);
                } catch (IOException unreadable) {
                    LOG.info(
                            "Checkpoint {} of {} can't be read yet: {}",
                            waiting.getCheckpoint(),
                            waiting.getJobId(),
                            unreadable.toString());
                }
            }
            return metadata;
        }
    }

    private CheckpointMetadata metadata(Follow follow) throws IOException {
        return preparation.metadata(
                follow.getJobId(), follow.getCheckpoint(), follow.getMetadata(), follow.getMetadataPath());
    }

    /** Beside the reading of the first checkpoint, which may take long: neither keeps the other waiting. */
    private void startWarmUp(JobId job, Follow follow, Followed followed, Set<String> liveJobs) {
        followed.hasWarmedUp = true;
        AtomicBoolean stop = new AtomicBoolean();
        followed.warmUp = stop;
        services.preparing().execute(() -> {
            try {
                PreparedJob program = program(follow, services.jobConfig(follow.getSettingsMap()), liveJobs);
                services.uploading().execute(() -> {
                    if (!stop.get()) {
                        warmUp.run(follow, program, stop::get);
                    }
                    inbox.post(new ExecutorEvent.WarmUpEnded(job, true));
                });
            } catch (Throwable thrown) {
                LOG.warn("The program of {} could not be made ready", job, thrown);
                inbox.post(new ExecutorEvent.WarmUpEnded(job, false));
            }
        });
    }

    /** The preparing thread. */
    private PreparedJob program(Follow follow, JobConfig config, Set<String> liveJobs)
            throws IOException, ProgramDamagedException {
        return preparation.program(
                follow.getJobId(), follow.getGraphPath(), follow.getJarsList(), config.classLoading(), liveJobs);
    }

    void onWarmUpEnded(ExecutorEvent.WarmUpEnded ended) {
        Followed followed = jobs.get(ended.job());
        if (followed != null) {
            followed.warmUp = null;
            followed.hasWarmedUp = ended.hasBegun();
            forgetIfIdle(ended.job(), followed);
        }
    }

    private static ExecutorEvent.FollowEnded failed(JobId job, Follow follow, Throwable thrown) {
        return new ExecutorEvent.FollowEnded(job, follow.getCheckpoint(), 0, 0, thrown);
    }

    private long bytesOfOthers(JobId job) {
        return held.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(job))
                .mapToLong(entry -> entry.getValue().replicaBytes())
                .sum();
    }
}
