package io.selvage.task.executor;

import io.selvage.api.graph.Vertex;
import io.selvage.checkpoint.backend.LocalDiskException;
import io.selvage.checkpoint.content.SubtaskCoverage;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.AlignedGroup;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.HeartbeatEcho;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.Registered;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.subtask.Mail;
import io.selvage.task.subtask.Subtask;
import io.selvage.task.subtask.SubtaskCut;
import io.selvage.task.subtask.SubtaskPhase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the executor's loop: the jobs in this process, and what their master is told of them. It waits for nothing;
 * what takes time is done by other threads, which post what came of it.
 */
final class TaskExecutor {
    /** A thread that has not ended so long after it was told to makes the process end. */
    static final long THREAD_END_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** A master that has not registered the executor so long after it was linked to is not waited for. */
    static final long REGISTRATION_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** What the subtasks of a job have left here is held for so long after their end. */
    static final long RETENTION_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(TaskExecutor.class);

    private final ExecutorSettings settings;
    private final ExecutorServices services;
    private final Inbox inbox;
    private final JobPreparation preparation;
    private final SegmentReader segments;
    private final Standby standby;
    private final RestoreFigures figures = new RestoreFigures(null);
    private final Map<JobId, JobHere> jobs = new TreeMap<>();

    private long highestEpoch;
    private @Nullable MasterLink link;
    private long masterlessSinceNanos; // Counts while not registered.
    private long masterlessSinceMillis; // The same for people; 0: it was never registered.
    private long heartbeatIntervalNanos; // 0: not registered.
    private long heartbeatTimeoutNanos;
    private long lastHeartbeatNanos;
    private long lastEchoNanos;
    private long heartbeatSequence;

    TaskExecutor(ExecutorSettings settings, ExecutorServices services, Inbox inbox) {
        this(
                settings,
                services,
                inbox,
                new JobPreparation(
                        services.store(),
                        new JobPrograms(services.store(), settings.workDirectory(), services.parentLoader())),
                new WarmUp(services, settings, WarmUp.MOST_NANOS));
    }

    TaskExecutor(
            ExecutorSettings settings,
            ExecutorServices services,
            Inbox inbox,
            JobPreparation preparation,
            Standby.Warming warmUp) {
        this.settings = settings;
        this.services = services;
        this.inbox = inbox;
        this.preparation = preparation;
        this.segments = new SegmentReader(services.store());
        this.standby = new Standby(services, preparation, warmUp, settings.standbyBytes(), inbox);
        this.masterlessSinceNanos = services.clock().nanos();
    }

    /** Any thread: of all deployments so far. */
    RestoreFigures figures() {
        return figures;
    }

    void on(ExecutorEvent event) {
        if (event instanceof ExecutorEvent.FromMaster fromMaster) {
            onMessage(fromMaster.link(), fromMaster.message());
        } else if (event instanceof ExecutorEvent.Connected connected) {
            onConnected(connected.link());
        } else if (event instanceof ExecutorEvent.Disconnected disconnected) {
            onDisconnected(disconnected.link(), disconnected.reason());
        } else if (event instanceof ExecutorEvent.Prepared prepared) {
            onPrepared(prepared.deployment(), prepared.prepared());
        } else if (event instanceof ExecutorEvent.PreparationFailed failed) {
            onPreparationFailed(failed.deployment(), failed.failure());
        } else if (event instanceof ExecutorEvent.SubtaskMoved moved) {
            onSubtaskMoved(moved.deployment(), moved.subtask(), moved.phase(), moved.failure());
        } else if (event instanceof ExecutorEvent.SubtaskCutTaken taken) {
            onCut(taken.deployment(), taken.cut());
        } else if (event instanceof ExecutorEvent.SubtaskThreadEnded ended) {
            onThreadEnd(ended.deployment(), ended.subtask());
        } else if (event instanceof ExecutorEvent.ChannelFailed failed) {
            onChannelFailed(failed.channel(), failed.failure());
        } else if (event instanceof ExecutorEvent.SnapshotStored stored) {
            onSnapshotStored(stored);
        } else if (event instanceof ExecutorEvent.SnapshotFailed failed) {
            onSnapshotFailed(failed);
        } else if (event instanceof ExecutorEvent.FollowEnded ended) {
            onFollowEnded(ended);
        } else if (event instanceof ExecutorEvent.WarmUpEnded ended) {
            standby.onWarmUpEnded(ended);
        } else {
            throw new IllegalStateException("an event that the executor does not know: " + event);
        }
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    private void onConnected(MasterLink connected) {
        link = connected;
        heartbeatIntervalNanos = 0;
        lastEchoNanos = services.clock().nanos();
        Register.Builder register = Register.newBuilder()
                .setExecutorId(settings.id().value())
                .setHost(settings.host())
                .setDataPort(services.transport().dataPort())
                .setPid(settings.processId())
                .setSlots(settings.slots())
                .setNode(settings.node())
                .setLogUrl(settings.logUrl())
                .setMasterlessSinceMillis(masterlessSinceMillis);
        for (JobHere job : jobs.values()) {
            Deployment newest = job.newest();
            if (newest != null) {
                register.addRunning(newest.describe(settings.id()));
            }
        }
        connected.send(ExecutorMessage.newBuilder().setRegister(register).build());
    }

    /** The subtasks go on: their checkpoints and commits wait for the next master, which hears how far they are. */
    private void onDisconnected(MasterLink disconnected, String reason) {
        if (disconnected != link) {
            return;
        }
        link = null;
        if (heartbeatIntervalNanos == 0) {
            LOG.info("The master can't be reached: {}", reason);
            return;
        }
        LOG.warn("The link to the master has ended; what runs here goes on without one: {}", reason);
        heartbeatIntervalNanos = 0;
        masterlessSinceNanos = services.clock().nanos();
        masterlessSinceMillis = System.currentTimeMillis();
    }

    private void onMessage(MasterLink from, MasterMessage message) {
        if (from != link || message.getEpoch() < highestEpoch) {
            LOG.warn(
                    "Refused {} of epoch {}: epoch {} is known",
                    message.getMessageCase(),
                    message.getEpoch(),
                    highestEpoch);
            return;
        }
        highestEpoch = message.getEpoch();
        switch (message.getMessageCase()) {
            case REGISTERED -> onRegistered(message.getRegistered());
            case DEPLOY -> onDeploy(message.getDeploy());
            case STOP -> onStop(message.getStop());
            case TRIGGER -> onTrigger(message.getTrigger());
            case COMPLETE -> onComplete(message.getComplete());
            case ABORT -> onAbort(message.getAbort());
            case SHUTDOWN ->
                services.exit().exit(ExitCode.SHUT_DOWN, message.getShutdown().getReason());
            case HEARTBEAT -> onEcho(message.getHeartbeat());
            case DRILL -> onDrill(message.getDrill().getKind());
            case FOLLOW -> onFollow(message.getFollow());
            case UNFOLLOW -> onUnfollow(new JobId(message.getUnfollow().getJobId()));
            case DUMP_THREADS, NEW_TOKENS, MESSAGE_NOT_SET ->
                LOG.warn("The master sends a message that is not for the loop, or not known to this version");
        }
    }

    private void onRegistered(Registered registered) {
        heartbeatIntervalNanos = TimeUnit.MILLISECONDS.toNanos(registered.getHeartbeatIntervalMillis());
        heartbeatTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(registered.getHeartbeatTimeoutMillis());
        lastEchoNanos = services.clock().nanos();
        lastHeartbeatNanos = lastEchoNanos - heartbeatIntervalNanos;
        LOG.info("Registered with the master of epoch {}", highestEpoch);
    }

    /** What it says of others holds for as long as a master may be silent: then sources go on without it. */
    private void onEcho(HeartbeatEcho echo) {
        lastEchoNanos = services.clock().nanos();
        for (AlignedGroup aligned : echo.getGroupsList()) {
            find(idOf(aligned.getJobId(), aligned.getIncarnation()))
                    .ifPresent(deployment -> deployment.onLeast(
                            aligned.getGroup(), aligned.getLeastMillis(), lastEchoNanos + heartbeatTimeoutNanos));
        }
    }

    /** Not this process's own end, which it could prepare: what the system does to it from outside. */
    private void onDrill(DrillKind kind) {
        String signal = switch (kind) {
            case DRILL_KILL -> "KILL";
            case DRILL_HANG -> "STOP";
            case DRILL_KIND_UNSPECIFIED, UNRECOGNIZED -> null;
        };
        if (signal == null) {
            LOG.warn("The master asks for a drill that this version does not know: {}", kind);
            return;
        }
        LOG.warn("A drill: this process, {}, gets the signal {}", settings.processId(), signal);
        try {
            services.signals().send(signal, settings.processId());
        } catch (IOException failed) {
            LOG.error("The drill can't be done: no process could be started for kill", failed);
        }
    }

    /** Acts on the time; answers when it wants to be called again at the latest. */
    long onTime(long nowNanos) {
        long nextNanos = nowNanos + TimeUnit.SECONDS.toNanos(1);
        if (link != null && heartbeatIntervalNanos > 0) {
            if (nowNanos - lastHeartbeatNanos >= heartbeatIntervalNanos) {
                lastHeartbeatNanos = nowNanos;
                sendHeartbeat(link);
            }
            nextNanos = Math.min(nextNanos, lastHeartbeatNanos + heartbeatIntervalNanos);
            if (nowNanos - lastEchoNanos >= heartbeatTimeoutNanos) {
                lastEchoNanos = nowNanos;
                link.close("it has not answered for " + TimeUnit.NANOSECONDS.toMillis(heartbeatTimeoutNanos) + " ms");
            }
        }
        if (link != null && heartbeatIntervalNanos == 0 && nowNanos - lastEchoNanos >= REGISTRATION_LIMIT_NANOS) {
            // It may be frozen, and a newer one in the journal: while this link is open, nobody looks.
            lastEchoNanos = nowNanos;
            link.close("it has not registered this executor within "
                    + TimeUnit.NANOSECONDS.toSeconds(REGISTRATION_LIMIT_NANOS) + " s");
        }
        if (heartbeatIntervalNanos == 0
                && nowNanos - masterlessSinceNanos >= settings.lease().toNanos()) {
            services.exit().exit(ExitCode.LEASE_EXPIRED, "No master was found for " + settings.lease() + ".");
        }
        for (JobHere job : jobs.values()) {
            if (!job.isBusy() && nowNanos - job.heldSinceNanos >= RETENTION_LIMIT_NANOS) {
                job.held.dropRetained();
            }
        }
        for (Deployment deployment : deployments()) {
            deployment.completeLate();
            List<SubtaskId> stuck = deployment.stuckFor(THREAD_END_LIMIT_NANOS, nowNanos);
            if (!stuck.isEmpty()) {
                services.exit()
                        .exit(
                                ExitCode.SUBTASK_STUCK,
                                "Subtasks " + stuck + " of " + deployment.id() + " did not end within "
                                        + TimeUnit.NANOSECONDS.toSeconds(THREAD_END_LIMIT_NANOS)
                                        + " s: the user's code does not react to interrupts.");
            }
        }
        return nextNanos;
    }

    private void sendHeartbeat(MasterLink to) {
        Runtime runtime = Runtime.getRuntime();
        Heartbeat.Builder heartbeat = Heartbeat.newBuilder()
                .setSequence(++heartbeatSequence)
                .setHeapUsedBytes(runtime.totalMemory() - runtime.freeMemory())
                .setRefusedConnections(services.transport().refused());
        long nowNanos = services.clock().nanos();
        long nowMillis = System.currentTimeMillis();
        deployments().forEach(deployment -> heartbeat.addAllCounters(deployment.counters(nowNanos, nowMillis)));
        to.send(ExecutorMessage.newBuilder().setHeartbeat(heartbeat).build());
    }

    private void send(ExecutorMessage.Builder message) {
        if (link != null) {
            link.send(message.build());
        }
    }

    // ---- deploying and stopping ----------------------------------------------------------------------------------

    private void onDeploy(Deploy deploy) {
        DeploymentId id = idOf(deploy.getJobId(), deploy.getIncarnation());
        JobHere job = jobs.computeIfAbsent(id.job(), JobHere::new);
        if (id.incarnation().value() <= job.highestIncarnation) {
            LOG.warn("Refused to deploy {}: incarnation {} is known", id, job.highestIncarnation);
            return;
        }
        job.highestIncarnation = id.incarnation().value();
        job.stopTo = null;
        Deployment next = new Deployment(id, deploy, services.clock().nanos());
        makeRoom(job, next);
        List<SubtaskId> missing = next.takeOver(job.current, settings.id());
        endCurrent(job, id + " takes its place");
        job.current = next;
        missing.forEach(subtask -> report(next, subtask, SubtaskState.SUBTASK_FAILED, gone(subtask)));
        settle(job);
    }

    private void endCurrent(JobHere job, String reason) {
        if (job.current != null) {
            job.current.end(services.clock().nanos(), reason);
            job.ending.add(job.current);
            job.current = null;
        }
    }

    private static DeploymentId idOf(String job, long incarnation) {
        return new DeploymentId(new JobId(job), new Incarnation(incarnation));
    }

    /** Lets go of what is held and will not be needed. */
    private void makeRoom(JobHere job, Deployment next) {
        List<SubtaskId> placed = next.placed(settings.id());
        if (placed.isEmpty()) {
            return; // A standby that is not needed goes on following.
        }
        boolean comesBack = job.newest() != null || job.held.hasRetained();
        if (!standby.end(job.id) && !comesBack) {
            // A job that is new here needs the memory; one that comes back would have been deployed by now.
            jobs.values().stream().filter(other -> other != job).forEach(other -> other.held.dropRetained());
        }
        job.held.retainOnly(placed);
    }

    // ---- standing by ---------------------------------------------------------------------------------------------

    private void onFollow(Follow follow) {
        JobHere job = jobs.computeIfAbsent(new JobId(follow.getJobId()), JobHere::new);
        if (job.isBusy()) {
            LOG.warn("Refused to follow {}: it runs here", job.id);
            return;
        }
        standby.follow(job, follow, programsInUse());
    }

    private void onUnfollow(JobId id) {
        JobHere job = jobs.get(id);
        if (job != null && standby.end(id)) {
            job.held.dropReplicas();
        }
    }

    private void onFollowEnded(ExecutorEvent.FollowEnded ended) {
        if (hasEnded("While " + ended.job() + " was followed", ended.failure())) {
            return;
        }
        JobHere job = jobs.computeIfAbsent(ended.job(), JobHere::new);
        standby.onEnded(job, ended, programsInUse())
                .ifPresent(following -> send(ExecutorMessage.newBuilder().setFollowing(following)));
        if (!standby.isFollowed(job.id)) {
            // What the run has still added after its end was asked for.
            job.held.dropReplicasBut(
                    job.current == null ? List.of() : job.current.notRunning(job.current.placed(settings.id())));
        }
    }

    private Set<String> programsInUse() {
        Set<String> programs = standby.programs();
        deployments().forEach(live -> programs.add(live.id().job().value()));
        return programs;
    }

    // ---- deployments ---------------------------------------------------------------------------------------------

    private void onStop(StopIncarnation stop) {
        Incarnation incarnation = new Incarnation(stop.getIncarnation());
        JobHere job = jobs.computeIfAbsent(new JobId(stop.getJobId()), JobHere::new);
        job.highestIncarnation = Math.max(job.highestIncarnation, incarnation.value());
        if (job.current != null && job.current.id().incarnation().compareTo(incarnation) <= 0) {
            endCurrent(job, "the master stops it");
        }
        job.stopTo = incarnation;
        settle(job);
    }

    /**
     * Goes on with what had to wait for the end of deployments. Until then peers may still read what they have sent.
     */
    private void settle(JobHere job) {
        if (!job.ending.stream().allMatch(Deployment::isEnded)) {
            return;
        }
        Deployment next = job.current != null && job.current.isWaiting() ? job.current : null;
        for (Deployment ended : job.ending) {
            ended.retain(job.held);
            job.heldSinceNanos = services.clock().nanos();
            if (next != null) {
                job.held.dropRetainedBut(next.placed(settings.id()));
            }
            release(job, ended.id().incarnation());
        }
        job.ending.clear();
        if (job.stopTo != null) {
            sendStopped(job.id, job.stopTo);
            job.stopTo = null;
        }
        if (next != null) {
            next.onCleared(services.clock().nanos());
            prepare(job, next);
        }
    }

    /** Channels of what goes on stay. */
    private void release(JobHere job, Incarnation incarnation) {
        services.transport()
                .release(job.id, incarnation, job.current == null ? Map.of() : job.current.edgesTakenOver());
    }

    /** What is held of a job that has been stopped, and will not come back. */
    void letGo(JobId id) {
        JobHere job = jobs.remove(id);
        if (job != null) {
            job.held.dropRetained();
            job.held.dropReplicas();
        }
    }

    private void sendStopped(JobId job, Incarnation incarnation) {
        send(ExecutorMessage.newBuilder()
                .setStopped(Stopped.newBuilder().setJobId(job.value()).setIncarnation(incarnation.value())));
    }

    private void prepare(JobHere job, Deployment deployment) {
        DeploymentId id = deployment.id();
        Deploy deploy = deployment.deploy();
        Set<String> liveJobs = programsInUse();
        services.preparing().execute(() -> {
            try {
                inbox.post(new ExecutorEvent.Prepared(id, prepared(id, deploy, job.held, liveJobs)));
            } catch (Throwable thrown) {
                inbox.post(new ExecutorEvent.PreparationFailed(id, thrown));
            }
        });
    }

    /** The preparing thread. */
    private PreparedDeployment prepared(DeploymentId id, Deploy deploy, HeldState held, Set<String> liveJobs)
            throws IOException, ProgramDamagedException {
        long beganNanos = services.clock().nanos();
        JobConfig config = services.jobConfig(deploy.getSettingsMap());
        CheckpointMetadata metadata = preparation.metadata(
                deploy.getJobId(),
                deploy.getRestoreCheckpoint(),
                deploy.getMetadata(),
                deploy.getRestoreMetadataPath());
        RestoreFigures here = new RestoreFigures(figures);
        RestoredCheckpoint restored =
                new RestoredCheckpoint(metadata, segments, held, services.backends(), config.stateBackend(), here);
        readAhead(restored, deploy);
        long metadataNanos = services.clock().nanos();
        PreparedJob job = preparation.program(
                deploy.getJobId(), deploy.getGraphPath(), deploy.getJarsList(), config.classLoading(), liveJobs);
        if (deploy.getRestoreCheckpoint() > 0 && !metadata.getSavepoint()) {
            SubtaskCoverage.requireVertices(metadata, job.graph(), deploy.getRestoreMetadataPath());
        }
        long programNanos = services.clock().nanos();
        List<Subtask> subtasks = new SubtaskFactory(
                        id,
                        deploy,
                        job,
                        restored,
                        new RestoredChannels(metadata, segments, job),
                        config,
                        settings.id(),
                        services.transport(),
                        (channel, failure) -> inbox.post(new ExecutorEvent.ChannelFailed(channel, failure)),
                        new Postman(id, inbox),
                        config.checksImmutability()
                                ? KeyedBackends.checked(services.backends().of(config.stateBackend()))
                                : services.backends().of(config.stateBackend()),
                        services.clock())
                .build();
        Map<Integer, String> names =
                job.graph().vertices().stream().collect(Collectors.toMap(Vertex::id, Vertex::name));
        Map<Integer, Integer> parallelism =
                job.graph().vertices().stream().collect(Collectors.toMap(Vertex::id, Vertex::parallelism));
        PreparationTimes times = new PreparationTimes(
                beganNanos,
                programNanos - metadataNanos,
                metadataNanos - beganNanos,
                services.clock().nanos() - programNanos);
        return new PreparedDeployment(
                subtasks,
                names,
                parallelism,
                job.edges(),
                job.loader(),
                metadata,
                config.checkpointBytesInMetadata(),
                here,
                times);
    }

    private void readAhead(RestoredCheckpoint restored, Deploy deploy) {
        Set<SubtaskId> starting = new HashSet<>();
        Map<Integer, Integer> parallelism = new HashMap<>();
        for (SubtaskPlacement place : deploy.getSubtasksList()) {
            parallelism.merge(place.getVertex(), 1, Integer::sum);
            boolean goesOn = place.getSince() > 0;
            if (!goesOn && place.getExecutorId().equals(settings.id().value())) {
                starting.add(SubtaskId.of(place.getVertex(), place.getSubtask()));
            }
        }
        restored.readAhead(deploy.getJobId(), starting, parallelism, services.uploading());
    }

    private void onPrepared(DeploymentId id, PreparedDeployment prepared) {
        Deployment deployment = find(id).orElse(null);
        if (deployment == null || deployment.phase() != DeploymentPhase.PREPARING) {
            releaseUnused(id);
            return;
        }
        deployment
                .start(prepared, services.clock().nanos())
                .forEach(report -> send(ExecutorMessage.newBuilder().setSubtask(report)));
    }

    /** What was prepared is not wanted any more. */
    private void releaseUnused(DeploymentId id) {
        JobHere job = jobs.get(id.job());
        if (job != null) {
            release(job, id.incarnation());
        }
    }

    private void onPreparationFailed(DeploymentId id, Throwable failure) {
        if (hasEnded("While " + id + " was prepared", failure)) {
            return;
        }
        Deployment deployment = find(id).orElse(null);
        if (deployment == null || deployment.phase() != DeploymentPhase.PREPARING) {
            releaseUnused(id);
            LOG.info("{} was given up while it was prepared, which then failed: {}", id, failure.toString());
            return;
        }
        LOG.warn("{} could not be prepared", id, failure);
        deployment.deploy().getSubtasksList().stream()
                .filter(place -> place.getExecutorId().equals(settings.id().value()))
                .min(Comparator.comparingLong(SubtaskPlacement::getSince)) // One that would have started.
                .ifPresent(place -> report(
                        deployment,
                        SubtaskId.of(place.getVertex(), place.getSubtask()),
                        SubtaskState.SUBTASK_FAILED,
                        FailureReport.of(failure, "", place.getSubtask())));
    }

    // ---- subtasks ------------------------------------------------------------------------------------------------

    private void onSubtaskMoved(
            DeploymentId startedBy, SubtaskId subtask, SubtaskPhase phase, @Nullable Throwable failure) {
        if (hasEnded("Subtask " + subtask + " of " + startedBy, failure)) {
            return;
        }
        Deployment deployment = current(startedBy, subtask).orElse(null);
        if (deployment == null || !deployment.isServing()) {
            return;
        }
        switch (phase) {
            case RUNNING -> {
                deployment.onRunning(subtask, services.clock().nanos());
                dropHeld(startedBy, subtask);
                report(deployment, subtask, SubtaskState.SUBTASK_RUNNING, null);
            }
            case DRAINED -> report(deployment, subtask, SubtaskState.SUBTASK_DRAINED, null);
            case FINISHED -> {
                if (link != null) {
                    sendHeartbeat(link); // The last word on its counters.
                }
                report(deployment, subtask, SubtaskState.SUBTASK_FINISHED, null);
            }
            case FAILED ->
                report(
                        deployment,
                        subtask,
                        SubtaskState.SUBTASK_FAILED,
                        FailureReport.of(
                                failure == null ? new IllegalStateException("failed for no reason") : failure,
                                deployment.nameOf(subtask),
                                subtask.index()));
            case CREATED, OPENING, CANCELED -> {}
        }
    }

    private void dropHeld(DeploymentId id, SubtaskId subtask) {
        JobHere job = jobs.get(id.job());
        if (job != null) {
            job.held.drop(subtask);
        }
    }

    /**
     * Whether the process is at an end, and not the job: another one may have the memory, or the disk, that is missing
     * here. If so, it ends.
     */
    private boolean hasEnded(String where, @Nullable Throwable failure) {
        LocalDiskException ofDisk = LocalDiskException.in(failure);
        if (ofDisk != null && ofDisk.isOfNode()) {
            services.exit().exit(ExitCode.LOCAL_DISK_FAILED, ofDisk.getMessage() + " (" + where + ")");
            return true;
        }
        if (failure instanceof VirtualMachineError && !(failure instanceof StackOverflowError)) {
            ExitCode code = failure instanceof OutOfMemoryError ? ExitCode.OUT_OF_MEMORY : ExitCode.FATAL;
            services.exit().exit(code, where + ": " + failure);
            return true;
        }
        return false;
    }

    /** Until a deployment is prepared, only failures are told: what goes on in it is told once it is. */
    private void report(Deployment deployment, SubtaskId subtask, SubtaskState state, @Nullable Failure failure) {
        SubtaskReport report = deployment.reported(subtask, state, failure);
        if (deployment.phase() != DeploymentPhase.PREPARING || state == SubtaskState.SUBTASK_FAILED) {
            send(ExecutorMessage.newBuilder().setSubtask(report));
        }
    }

    private static Failure gone(SubtaskId subtask) {
        return Failure.newBuilder()
                .setKind(FailureKind.TRANSIENT)
                .setMessage("Subtask " + subtask + " is to go on here, and does not run here any more.")
                .setSubtask(subtask.index())
                .build();
    }

    private void onThreadEnd(DeploymentId startedBy, SubtaskId subtask) {
        JobHere job = jobs.get(startedBy.job());
        if (job != null) {
            job.deployments().stream()
                    .filter(deployment -> deployment.has(subtask, startedBy.incarnation()))
                    .findFirst()
                    .ifPresent(deployment -> {
                        deployment.onThreadEnd(subtask);
                        settle(job);
                    });
        }
    }

    /** What fails is the subtasks that can't go on; a lost peer is named, since the master may not know it yet. */
    private void onChannelFailed(ChannelId channel, ChannelFailure failure) {
        JobHere job = jobs.get(channel.job());
        if (job != null && job.current != null) {
            job.current.onChannelFailed(channel, failure);
        }
    }

    // ---- checkpoints ---------------------------------------------------------------------------------------------

    private void onTrigger(TriggerCheckpoint trigger) {
        CheckpointId checkpoint = new CheckpointId(trigger.getCheckpoint());
        Barrier barrier = new Barrier(
                checkpoint, trigger.getTriggerTimeMillis(), kindOf(trigger), trigger.getSavepointDirectory());
        running(trigger.getJobId(), trigger.getIncarnation()).ifPresent(deployment -> {
            if (!deployment.trigger(barrier, services.clock().nanos())) {
                decline(deployment.id(), checkpoint, overflow());
            }
        });
    }

    private static CutKind kindOf(TriggerCheckpoint trigger) {
        return switch (trigger.getKind()) {
            case CUT_FOR_CHECKPOINT -> trigger.getTerminal() ? CutKind.TERMINAL : CutKind.CHECKPOINT;
            case CUT_FOR_SAVEPOINT -> CutKind.SAVEPOINT;
            case CUT_FOR_STOP -> CutKind.STOP;
            case CUT_FOR_DRAIN -> CutKind.DRAIN;
            case UNRECOGNIZED ->
                throw new IllegalStateException(
                        "The master asks for a cut that this version does not know: " + trigger.getKindValue() + ".");
        };
    }

    private void onComplete(CompleteCheckpoint complete) {
        Mail.Complete mail = new Mail.Complete(new CheckpointId(complete.getCheckpoint()), complete.getTerminal());
        running(complete.getJobId(), complete.getIncarnation()).ifPresent(deployment -> {
            deployment.complete(mail);
        });
    }

    private void onAbort(AbortCheckpoint abort) {
        CheckpointId checkpoint = new CheckpointId(abort.getCheckpoint());
        running(abort.getJobId(), abort.getIncarnation()).ifPresent(deployment -> {
            for (Mail mail : deployment.abort(checkpoint)) {
                if (!deployment.post(mail)) {
                    LOG.warn(
                            "A subtask of {} has not handled its mail: checkpoint {} goes on there",
                            deployment.id(),
                            checkpoint);
                }
            }
        });
    }

    private void onCut(DeploymentId startedBy, SubtaskCut cut) {
        current(startedBy, cut.subtask())
                .filter(deployment -> deployment.phase() == DeploymentPhase.RUNNING)
                .ifPresent(deployment -> deployment.add(cut).ifPresent(cuts -> onCuts(deployment, cuts)));
    }

    private void onCuts(Deployment deployment, List<SubtaskCut> cuts) {
        if (deployment.uploads().isFull()) {
            decline(deployment.id(), cuts.get(0).barrier().checkpoint(), slowStore());
        } else if (!deployment.uploads().tryPutOff(cuts)) {
            upload(deployment, cuts);
        }
    }

    private void upload(Deployment deployment, List<SubtaskCut> cuts) {
        DeploymentId id = deployment.id();
        CheckpointId checkpoint = cuts.get(0).barrier().checkpoint();
        Map<StateOwner, List<Segment>> bases = new HashMap<>();
        Optional<Deployment.UnknownBase> unknown = deployment.findBases(cuts, bases);
        if (unknown.isPresent()) {
            deployment.post(new Mail.Abort(unknown.get().base(), false));
            decline(id, checkpoint, unknownBase(unknown.get().owner()));
            return;
        }
        deployment.uploads().begin(checkpoint);
        SnapshotUpload upload = new SnapshotUpload(
                id,
                checkpoint,
                deployment.deploy().getJobDirectory(),
                settings.id(),
                cuts,
                deployment.triggeredNanos(cuts),
                deployment.parallelism(),
                deployment.edges(),
                bases,
                deployment.mostInMetadata());
        Set<Long> addedTo = Uploads.bases(cuts).collect(Collectors.toSet());
        services.uploading().execute(() -> {
            try {
                inbox.post(new ExecutorEvent.SnapshotStored(id, checkpoint, upload.run(services.store()), addedTo));
            } catch (Throwable thrown) {
                inbox.post(new ExecutorEvent.SnapshotFailed(id, checkpoint, thrown));
            }
        });
    }

    private void onSnapshotStored(ExecutorEvent.SnapshotStored stored) {
        DeploymentId id = stored.deployment();
        find(id).ifPresent(deployment ->
                deployment.chains().stored(stored.checkpoint(), stored.subtasks(), stored.addedTo()));
        send(ExecutorMessage.newBuilder()
                .setCheckpointAcknowledged(CheckpointAcknowledged.newBuilder()
                        .setJobId(id.job().value())
                        .setIncarnation(id.incarnation().value())
                        .setCheckpoint(stored.checkpoint().value())
                        .addAllSubtasks(stored.subtasks())));
        find(id).ifPresent(deployment -> onUploadEnd(deployment, stored.checkpoint()));
    }

    /** What has waited for it goes on, to see whether it is there. */
    private void onUploadEnd(Deployment deployment, CheckpointId checkpoint) {
        List<SubtaskCut> waiting = deployment.uploads().end(checkpoint);
        if (!waiting.isEmpty()) {
            onCuts(deployment, waiting);
        }
    }

    private void onSnapshotFailed(ExecutorEvent.SnapshotFailed failed) {
        Optional<Deployment> deployment = find(failed.deployment());
        if (deployment.filter(each -> each.isAwaited(failed.checkpoint())).isPresent()) {
            LOG.warn(
                    "Checkpoint {} of {} could not be stored",
                    failed.checkpoint(),
                    failed.deployment(),
                    failed.failure());
            decline(failed.deployment(), failed.checkpoint(), FailureReport.of(failed.failure(), "", 0));
        } else {
            // What it was to write may be gone: files of cuts that nobody waits for are deleted.
            LOG.info(
                    "Checkpoint {} of {} was given up: {}",
                    failed.checkpoint(),
                    failed.deployment(),
                    failed.failure().toString());
            deployment.ifPresent(each -> each.post(new Mail.Abort(failed.checkpoint(), false)));
        }
        deployment.ifPresent(each -> onUploadEnd(each, failed.checkpoint()));
    }

    private void decline(DeploymentId id, CheckpointId checkpoint, Failure failure) {
        send(ExecutorMessage.newBuilder()
                .setCheckpointDeclined(CheckpointDeclined.newBuilder()
                        .setJobId(id.job().value())
                        .setIncarnation(id.incarnation().value())
                        .setCheckpoint(checkpoint.value())
                        .setFailure(failure)));
    }

    private static Failure overflow() {
        return Failure.newBuilder()
                .setKind(FailureKind.TRANSIENT)
                .setMessage("A subtask has not handled its mail for long: the user's code blocks it.")
                .build();
    }

    private static Failure unknownBase(StateOwner owner) {
        return Failure.newBuilder()
                .setKind(FailureKind.TRANSIENT)
                .setMessage("What the state of " + owner + " was added to is not in the store, or too old to be known"
                        + " any more. The next checkpoint is added to what is there.")
                .build();
    }

    private static Failure slowStore() {
        return Failure.newBuilder()
                .setKind(FailureKind.TRANSIENT)
                .setMessage("The snapshots of " + Uploads.MOST
                        + " earlier checkpoints are still being stored: see whether HDFS answers.")
                .build();
    }

    // ---- look-ups ------------------------------------------------------------------------------------------------

    /** Those that have not ended, and those whose end has not been asked for. */
    private List<Deployment> deployments() {
        List<Deployment> deployments = new ArrayList<>();
        jobs.values().forEach(job -> deployments.addAll(job.deployments()));
        return deployments;
    }

    /** The newest deployment of the job, if the subtask that an incarnation has started is part of it. */
    private Optional<Deployment> current(DeploymentId startedBy, SubtaskId subtask) {
        JobHere job = jobs.get(startedBy.job());
        Deployment deployment = job == null ? null : job.current;
        return deployment != null && deployment.has(subtask, startedBy.incarnation())
                ? Optional.of(deployment)
                : Optional.empty();
    }

    private Optional<Deployment> find(DeploymentId id) {
        JobHere job = jobs.get(id.job());
        Deployment deployment = job == null ? null : job.current;
        return deployment != null && deployment.id().equals(id) ? Optional.of(deployment) : Optional.empty();
    }

    private Optional<Deployment> running(String job, long incarnation) {
        DeploymentId id = idOf(job, incarnation);
        Optional<Deployment> found = find(id).filter(deployment -> deployment.phase() == DeploymentPhase.RUNNING);
        if (found.isEmpty()) {
            LOG.info("A message for {}, which does not run here, is dropped", id);
        }
        return found;
    }
}
