package io.selvage.task.executor;

import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.threads.SubtaskThread;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.OutputPause;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.Latencies;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.operator.SourceAlignment;
import io.selvage.task.subtask.Mail;
import io.selvage.task.subtask.SinkOutput;
import io.selvage.task.subtask.Subtask;
import io.selvage.task.subtask.SubtaskCut;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the executor's loop: one incarnation of a job, and its subtasks in this process. Some of them it may have
 * taken over from the one before; they run from then on, the others once it is prepared.
 */
final class Deployment {
    private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);

    private final DeploymentId id;
    private final Deploy deploy;
    private final long deployedNanos;
    private boolean cleared;
    private long clearedNanos; // What ended of those before had done so.
    private long startedNanos;
    private final Set<SubtaskId> running = new HashSet<>(); // Have been so.
    private DeploymentPhase phase = DeploymentPhase.PREPARING;
    private @Nullable PreparedDeployment prepared;
    private @Nullable SegmentChains chains;
    private @Nullable SegmentChains chainsBefore; // Until it is prepared.
    private final Map<SubtaskId, StartedSubtask> subtasks = new LinkedHashMap<>();
    private final Set<SubtaskId> takenOver = new HashSet<>();
    private final Set<SubtaskId> threads = new HashSet<>(); // Those that have not ended.
    private final Map<ChannelId, ChannelFailure> failedEarly = new LinkedHashMap<>(); // Before the subtasks were there.
    private final Map<SubtaskId, SubtaskReport> reports = new LinkedHashMap<>(); // The newest, heard or not.
    private final Map<SubtaskId, Mail.Complete> lateCompletions = new LinkedHashMap<>();
    private boolean toldToEnd;
    private long endingSinceNanos;
    private final Uploads uploads = new Uploads();

    private long highestCheckpoint; // Triggered or cut here; 0: none.
    private long triggeredCheckpoint; // The newest of which the master's word has come; 0: none.
    private long triggeredNanos;
    private long endedCheckpoint; // The highest that is complete or aborted.
    private long settledCheckpoint; // Aborted, or handed to the upload: cuts of this one and lower ones are dropped.
    private final Map<SubtaskId, SubtaskCut> cuts = new LinkedHashMap<>(); // All of the same checkpoint.

    /** @param nowNanos when it was asked for */
    Deployment(DeploymentId id, Deploy deploy, long nowNanos) {
        this.id = id;
        this.deploy = deploy;
        this.deployedNanos = nowNanos;
    }

    DeploymentId id() {
        return id;
    }

    Deploy deploy() {
        return deploy;
    }

    DeploymentPhase phase() {
        return phase;
    }

    long highestCheckpoint() {
        return highestCheckpoint;
    }

    boolean isEnded() {
        return phase == DeploymentPhase.ENDED;
    }

    /**
     * Takes over from the one before what is to go on, with the mail that it needs: the restored checkpoint is
     * complete, and what was started after it never will be. Answers the subtasks that do not run there as they should.
     */
    List<SubtaskId> takeOver(@Nullable Deployment before, ExecutorId here) {
        highestCheckpoint = deploy.getLastCheckpoint();
        settledCheckpoint = deploy.getLastCheckpoint();
        List<SubtaskId> missing = new ArrayList<>();
        for (SubtaskPlacement place : deploy.getSubtasksList()) {
            if (place.getSince() > 0 && place.getExecutorId().equals(here.value())) {
                SubtaskId subtask = SubtaskId.of(place.getVertex(), place.getSubtask());
                if (before == null || !before.tryHandOver(subtask, place.getSince(), this)) {
                    missing.add(subtask);
                }
            }
        }
        if (before != null) {
            chainsBefore = before.chains == null ? before.chainsBefore : before.chains;
        }
        if (deploy.getRestoreCheckpoint() > 0) {
            completeSubtasks(new Mail.Complete(new CheckpointId(deploy.getRestoreCheckpoint()), false));
        }
        if (deploy.getLastCheckpoint() > deploy.getRestoreCheckpoint()) {
            CheckpointId last = new CheckpointId(deploy.getLastCheckpoint());
            // What is still on its way will be known to the one before alone.
            before(before).forEach(upload -> post(new Mail.Abort(new CheckpointId(upload), false)));
            post(new Mail.Abort(last, chainsBefore != null && chainsBefore.has(last)));
        }
        return missing;
    }

    private static Set<Long> before(@Nullable Deployment before) {
        return before == null ? Set.of() : before.uploads.running();
    }

    /** Only the very subtask that an incarnation has started, and only as long as nothing is wrong with it. */
    private boolean tryHandOver(SubtaskId subtask, long since, Deployment to) {
        StartedSubtask started = subtasks.get(subtask);
        SubtaskReport newest = reports.get(subtask);
        if (started == null || newest == null || started.since().value() != since) {
            return false;
        }
        boolean isWell =
                newest.getState() == SubtaskState.SUBTASK_RUNNING || newest.getState() == SubtaskState.SUBTASK_DRAINED;
        if (!isWell || !isServing() || !threads.contains(subtask)) {
            return false;
        }
        subtasks.remove(subtask);
        takenOver.remove(subtask);
        threads.remove(subtask);
        to.subtasks.put(subtask, started);
        to.takenOver.add(subtask);
        to.threads.add(subtask);
        to.running.add(subtask);
        to.reported(subtask, newest.getState(), null);
        return true;
    }

    /** Its subtasks are heard, and may be told something. */
    boolean isServing() {
        return phase == DeploymentPhase.PREPARING || phase == DeploymentPhase.RUNNING;
    }

    /** Whether that subtask is part of it, as that incarnation has started it. */
    boolean has(SubtaskId subtask, Incarnation since) {
        StartedSubtask started = subtasks.get(subtask);
        return started != null && started.since().equals(since);
    }

    /** By edge, the incarnation whose channels go on in this one. */
    Map<Integer, Incarnation> edgesTakenOver() {
        Map<Integer, Incarnation> edges = new HashMap<>();
        for (StartedSubtask started : subtasks.values()) {
            if (takenOver.contains(started.subtask().id())) {
                started.subtask().channels().forEach(channel -> edges.put(channel.edge(), channel.incarnation()));
            }
        }
        return edges;
    }

    /** Starts the threads; answers how far those subtasks are that run already. */
    List<SubtaskReport> start(PreparedDeployment nowPrepared, long nowNanos) {
        startedNanos = nowNanos;
        transition(DeploymentPhase.RUNNING);
        prepared = nowPrepared;
        // Nothing is added to a savepoint, nor to another job's checkpoint.
        chains = new SegmentChains(
                nowPrepared.restored().getSavepoint()
                        ? CheckpointMetadata.getDefaultInstance()
                        : nowPrepared.restored(),
                nowPrepared.parallelism());
        if (chainsBefore != null) {
            chains.carryOver(chainsBefore, takenOver);
            chainsBefore = null;
        }
        for (Subtask subtask : nowPrepared.subtasks()) {
            int parallelism =
                    nowPrepared.parallelism().getOrDefault(subtask.id().vertex().value(), 0);
            subtasks.put(
                    subtask.id(),
                    new StartedSubtask(
                            subtask,
                            id.incarnation(),
                            deploy.getRestoreCheckpoint(),
                            nowPrepared.nameOf(subtask.id()),
                            parallelism,
                            nowPrepared.loader(),
                            new Utilization(subtask.idle(), subtask.backPressured(), nowNanos)));
            threads.add(subtask.id());
            Thread thread = new Thread(
                    subtask,
                    SubtaskThread.nameOf(
                            id.job().value(),
                            nowPrepared.nameOf(subtask.id()),
                            subtask.id().index()));
            thread.setDaemon(true);
            thread.setContextClassLoader(nowPrepared.loader());
            thread.start();
        }
        failedEarly.forEach(this::onChannelFailed);
        failedEarly.clear();
        endIfNoThreads();
        return reports.values().stream()
                .filter(report -> takenOver.contains(SubtaskId.of(report.getVertex(), report.getSubtask())))
                .toList();
    }

    /** Tells all subtasks to end, if that has not been done. */
    void end(long nowNanos, String reason) {
        toldToEnd = true;
        switch (phase) {
            case PREPARING, RUNNING -> {
                LOG.info("{} is ended: {}", id, reason);
                transition(DeploymentPhase.ENDING);
                endingSinceNanos = nowNanos;
                subtasks.values().forEach(started -> started.subtask().cancel());
                endIfNoThreads();
            }
            case ENDING, ENDED -> {}
        }
    }

    /** Nothing that had to end is left of earlier incarnations. */
    void onCleared(long nowNanos) {
        cleared = true;
        clearedNanos = nowNanos;
    }

    /** It can't be prepared before {@link #onCleared}. */
    boolean isWaiting() {
        return phase == DeploymentPhase.PREPARING && !cleared;
    }

    /** A subtask has its state and its functions are open. */
    void onRunning(SubtaskId subtask, long nowNanos) {
        PreparedDeployment started = prepared;
        if (running.add(subtask) && running.size() == subtasks.size() && started != null) {
            PreparationTimes times = started.times();
            LOG.info(
                    "{} runs with {} subtasks here {} ms after it was asked for: end of the one before {} ms, waiting {},"
                            + " program {}, metadata {}, wiring {}, opening {} (state {}): {}",
                    id,
                    subtasks.size(),
                    millis(nowNanos - deployedNanos),
                    millis(clearedNanos - deployedNanos),
                    millis(times.beganNanos() - clearedNanos),
                    millis(times.programNanos()),
                    millis(times.metadataNanos()),
                    millis(times.wiringNanos()),
                    millis(nowNanos - startedNanos),
                    millis(started.figures().slowestNanos()),
                    started.figures());
        }
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    /** The subtasks of this deployment that are placed in this process. */
    List<SubtaskId> placed(ExecutorId here) {
        return deploy.getSubtasksList().stream()
                .filter(place -> place.getExecutorId().equals(here.value()))
                .map(place -> SubtaskId.of(place.getVertex(), place.getSubtask()))
                .toList();
    }

    /** Of these, the ones that have not got as far. */
    List<SubtaskId> notRunning(List<SubtaskId> of) {
        return of.stream().filter(subtask -> !running.contains(subtask)).toList();
    }

    /** What its subtasks have left, now that their threads have ended; once. */
    void retain(HeldState into) {
        if (phase != DeploymentPhase.ENDED) {
            return;
        }
        subtasks.forEach((subtask, started) -> {
            SubtaskReport newest = reports.get(subtask);
            if (newest != null && newest.getState() == SubtaskState.SUBTASK_FINISHED) {
                started.subtask().retain().values().forEach(RetainedState::close); // The job is over.
                return;
            }
            started.subtask()
                    .retain()
                    .forEach((uid, state) -> into.retain(
                            new StateOwner(subtask, uid),
                            new HeldState.Retained(
                                    state,
                                    started.since().value(),
                                    id.incarnation().value(),
                                    started.restoredCheckpoint(),
                                    started.parallelism(),
                                    started.loader())));
        });
    }

    void onThreadEnd(SubtaskId subtask) {
        threads.remove(subtask);
        if (phase != DeploymentPhase.PREPARING) {
            endIfNoThreads();
        }
    }

    private void endIfNoThreads() {
        if (threads.isEmpty()) {
            transition(DeploymentPhase.ENDED);
        }
    }

    /** The threads that have not ended although they were told to so long ago; empty otherwise. */
    List<SubtaskId> stuckFor(long nanos, long nowNanos) {
        return phase == DeploymentPhase.ENDING && nowNanos - endingSinceNanos >= nanos
                ? threads.stream().sorted().toList()
                : List.of();
    }

    /** Fails the subtasks at its ends, as soon as there are any. */
    void onChannelFailed(ChannelId channel, ChannelFailure failure) {
        if (phase == DeploymentPhase.PREPARING && channel.incarnation().equals(id.incarnation())) {
            failedEarly.putIfAbsent(channel, failure);
        } else if (isServing()) {
            subtasks.values().stream()
                    .map(StartedSubtask::subtask)
                    .filter(subtask -> subtask.channels().contains(channel))
                    .forEach(subtask -> subtask.fail(new ExchangeFailedException(failure)));
        }
    }

    // ---- checkpoints ---------------------------------------------------------------------------------------------

    /** Starts a checkpoint at the subtasks without input; the others see its barrier. False: a mailbox is full. */
    boolean trigger(Barrier barrier, long nowNanos) {
        highestCheckpoint = Math.max(highestCheckpoint, barrier.checkpoint().value());
        triggeredCheckpoint = barrier.checkpoint().value();
        triggeredNanos = nowNanos;
        boolean accepted = true;
        for (StartedSubtask started : subtasks.values()) {
            if (!started.subtask().hasInput()) {
                accepted &= started.subtask().post(new Mail.Trigger(barrier));
            }
        }
        return accepted;
    }

    /**
     * When the master's word for the checkpoint of these cuts came. No clock but this process's has a part in it, so
     * that what is measured from then on does not depend on how hosts agree. A barrier may overtake that word, or
     * replace it.
     */
    long triggeredNanos(List<SubtaskCut> ofCheckpoint) {
        boolean isKnown = ofCheckpoint.get(0).barrier().checkpoint().value() == triggeredCheckpoint;
        return isKnown
                ? triggeredNanos
                : ofCheckpoint.stream()
                        .mapToLong(SubtaskCut::firstBarrierNanos)
                        .min()
                        .orElseThrow();
    }

    /** Tells the subtasks; those whose mailbox is full are told by {@link #completeLate}. */
    void complete(Mail.Complete mail) {
        onCheckpointEnd(mail.checkpoint());
        chains().confirm(mail.checkpoint());
        completeSubtasks(mail);
    }

    private void completeSubtasks(Mail.Complete mail) {
        lateCompletions.clear(); // A completion covers those before it.
        subtasks.forEach((subtask, started) -> {
            if (!started.subtask().post(mail)) {
                LOG.warn("{} of {} is put off: subtask {} has not handled its mail", mail, id, subtask);
                lateCompletions.put(subtask, mail);
            }
        });
    }

    /** Tries again what a full mailbox has refused: after a terminal completion there is none that would cover it. */
    void completeLate() {
        if (phase == DeploymentPhase.RUNNING) {
            lateCompletions.entrySet().removeIf(late -> {
                StartedSubtask started = subtasks.get(late.getKey());
                return started == null || started.subtask().post(late.getValue());
            });
        }
    }

    boolean post(Mail mail) {
        boolean accepted = true;
        for (StartedSubtask started : subtasks.values()) {
            accepted &= started.subtask().post(mail);
        }
        return accepted;
    }

    /** Nobody waits for that checkpoint, nor for a lower one: it is complete, or aborted. */
    void onCheckpointEnd(CheckpointId checkpoint) {
        endedCheckpoint = Math.max(endedCheckpoint, checkpoint.value());
        dropCuts(checkpoint);
    }

    /** Whether it makes a difference that this executor's part can't be stored. */
    boolean isAwaited(CheckpointId checkpoint) {
        return phase == DeploymentPhase.RUNNING && checkpoint.value() > endedCheckpoint;
    }

    private void dropCuts(CheckpointId checkpoint) {
        settledCheckpoint = Math.max(settledCheckpoint, checkpoint.value());
        cuts.values().removeIf(cut -> cut.barrier().checkpoint().value() <= settledCheckpoint);
    }

    /** The cuts of all subtasks here, once the last of them is in. */
    Optional<List<SubtaskCut>> add(SubtaskCut cut) {
        CheckpointId checkpoint = cut.barrier().checkpoint();
        highestCheckpoint = Math.max(highestCheckpoint, checkpoint.value());
        if (checkpoint.value() <= settledCheckpoint) {
            return Optional.empty();
        }
        cuts.values().removeIf(older -> older.barrier().checkpoint().compareTo(checkpoint) < 0);
        boolean isNewest = cuts.values().stream()
                .allMatch(other -> other.barrier().checkpoint().equals(checkpoint));
        if (!isNewest) {
            return Optional.empty();
        }
        cuts.put(cut.subtask(), cut);
        if (cuts.size() < subtasks.size()) {
            return Optional.empty();
        }
        List<SubtaskCut> complete = List.copyOf(cuts.values());
        dropCuts(checkpoint);
        return Optional.of(complete);
    }

    /** A state that was added to what is not known here, or no longer. */
    record UnknownBase(StateOwner owner, CheckpointId base) {}

    /** Puts in what each cut is based on; answers a state whose base is not known, if there is one. */
    Optional<UnknownBase> findBases(List<SubtaskCut> ofCheckpoint, Map<StateOwner, List<Segment>> bases) {
        for (SubtaskCut cut : ofCheckpoint) {
            for (OperatorCut operator : cut.operators()) {
                if (operator.keyed() != null) {
                    StateOwner owner = new StateOwner(cut.subtask(), operator.operatorUid());
                    Optional<List<Segment>> base = chains().base(owner, operator.keyed());
                    if (base.isEmpty()) {
                        return Optional.of(new UnknownBase(
                                owner, new CheckpointId(operator.keyed().base())));
                    }
                    bases.put(owner, base.get());
                }
            }
        }
        return Optional.empty();
    }

    SegmentChains chains() {
        if (chains == null) {
            throw new IllegalStateException(id + " has cut before it was prepared");
        }
        return chains;
    }

    Uploads uploads() {
        return uploads;
    }

    /** What the subtasks are to be told of a checkpoint that is given up. */
    List<Mail> abort(CheckpointId checkpoint) {
        onCheckpointEnd(checkpoint);
        List<Mail> mails = new ArrayList<>();
        uploads.giveUp(checkpoint).forEach(upload -> mails.add(new Mail.Abort(new CheckpointId(upload), false)));
        mails.add(new Mail.Abort(checkpoint, uploads.isRunning(checkpoint) || chains().has(checkpoint)));
        return mails;
    }

    // ---- what is reported ----------------------------------------------------------------------------------------

    /** How far a subtask has come: kept for a master that does not know it, or does not hear it now. */
    SubtaskReport reported(SubtaskId subtask, SubtaskState state, @Nullable Failure failure) {
        SubtaskReport.Builder report = report(subtask).setState(state);
        if (failure != null) {
            report.setFailure(failure);
        }
        SubtaskReport built = report.build();
        reports.put(subtask, built);
        return built;
    }

    /**
     * What a master that has just been found must know to take it over. While it is prepared, no subtask counts as
     * running: not even one that has been taken over can take part in a checkpoint yet.
     */
    RunningIncarnation describe(ExecutorId here) {
        RunningIncarnation.Builder running = RunningIncarnation.newBuilder()
                .setJobId(id.job().value())
                .setIncarnation(id.incarnation().value())
                .setHighestCheckpointSeen(highestCheckpoint)
                .setEnding(toldToEnd);
        for (SubtaskId subtask : placed(here)) {
            SubtaskReport newest = reports.get(subtask);
            boolean isKnown = newest != null
                    && (phase != DeploymentPhase.PREPARING || newest.getState() == SubtaskState.SUBTASK_FAILED);
            running.addSubtasks(isKnown ? newest : report(subtask).build());
        }
        return running.build();
    }

    private SubtaskReport.Builder report(SubtaskId subtask) {
        return SubtaskReport.newBuilder()
                .setJobId(id.job().value())
                .setIncarnation(id.incarnation().value())
                .setVertex(subtask.vertex().value())
                .setSubtask(subtask.index());
    }

    /** How many bytes of what is here need no file in a checkpoint. */
    int mostInMetadata() {
        return prepared == null ? 0 : prepared.mostInMetadata();
    }

    String nameOf(SubtaskId subtask) {
        StartedSubtask started = subtasks.get(subtask);
        return started == null ? "a subtask" : started.vertexName();
    }

    Map<Integer, Integer> parallelism() {
        return prepared == null ? Map.of() : prepared.parallelism();
    }

    Map<Integer, ChannelEdge> edges() {
        return prepared == null ? Map.of() : prepared.edges();
    }

    /** @param nowMillis wall clock of the same moment as {@code nowNanos} */
    List<SubtaskCounters> counters(long nowNanos, long nowMillis) {
        List<SubtaskCounters> counters = new ArrayList<>();
        for (StartedSubtask started : subtasks.values()) {
            Subtask subtask = started.subtask();
            Utilization utilization = started.utilization();
            utilization.sample(nowNanos);
            SubtaskCounters.Builder builder = SubtaskCounters.newBuilder()
                    .setJobId(id.job().value())
                    .setIncarnation(id.incarnation().value())
                    .setVertex(subtask.id().vertex().value())
                    .setSubtask(subtask.id().index())
                    .setRecordsIn(subtask.count(Counters.Figure.RECORDS_IN))
                    .setRecordsOut(subtask.count(Counters.Figure.RECORDS_OUT))
                    .setBytesIn(subtask.count(Counters.Figure.BYTES_IN))
                    .setBytesOut(subtask.count(Counters.Figure.BYTES_OUT))
                    .setRecordsRead(subtask.count(Counters.Figure.RECORDS_READ))
                    .setRecordsWritten(subtask.count(Counters.Figure.RECORDS_WRITTEN))
                    .setRecordsLate(subtask.count(Counters.Figure.RECORDS_LATE))
                    .setRecordsSkipped(subtask.count(Counters.Figure.RECORDS_SKIPPED))
                    .setWatermarkMillis(subtask.count(Counters.Figure.WATERMARK_MILLIS))
                    .setNewestCut(subtask.count(Counters.Figure.NEWEST_CUT))
                    .setAligning(subtask.count(Counters.Figure.ALIGNING))
                    .setBusyPermille(utilization.busyPermille())
                    .setBackPressuredPermille(utilization.backPressuredPermille())
                    .setIdlePermille(utilization.idlePermille());
            SourceAlignment alignment = subtask.alignment();
            if (!alignment.group().isEmpty()) {
                builder.setAlignmentGroup(alignment.group()).setAlignedMillis(alignment.reachedMillis());
            }
            SinkOutput output = subtask.sinkOutput();
            if (output != null) {
                addOutput(output, builder, nowNanos, nowMillis);
            }
            for (Latencies.Latency latency : subtask.latencies().read()) {
                builder.addLatencies(SourceLatency.newBuilder()
                        .setSource(latency.source())
                        .setMarkers(latency.markers())
                        .setMedianMicros(latency.medianMicros())
                        .setP99Micros(latency.p99Micros())
                        .setGreatestMicros(latency.greatestMicros()));
            }
            counters.add(builder.build());
        }
        return counters;
    }

    /** Sources of that group may go by that until then. */
    void onLeast(String group, long millis, long validUntilNanos) {
        for (StartedSubtask started : subtasks.values()) {
            SourceAlignment alignment = started.subtask().alignment();
            if (alignment.group().equals(group)) {
                alignment.onLeast(millis, validUntilNanos);
            }
        }
    }

    private static void addOutput(SinkOutput output, SubtaskCounters.Builder to, long nowNanos, long nowMillis) {
        to.setFirstOutputMillis(wallMillis(output.firstNanos(), nowNanos, nowMillis));
        to.setLastOutputMillis(wallMillis(output.lastNanos(), nowNanos, nowMillis));
        for (SinkOutput.Pause pause : output.pauses()) {
            to.addPauses(OutputPause.newBuilder()
                    .setFromMillis(wallMillis(pause.fromNanos(), nowNanos, nowMillis))
                    .setToMillis(wallMillis(pause.toNanos(), nowNanos, nowMillis)));
        }
    }

    private static long wallMillis(long nanos, long nowNanos, long nowMillis) {
        return nowMillis - TimeUnit.NANOSECONDS.toMillis(nowNanos - nanos);
    }

    private void transition(DeploymentPhase next) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException(id + " can't become " + next + " while it is " + phase);
        }
        LOG.debug("{} is {}", id, next);
        phase = next;
    }
}
