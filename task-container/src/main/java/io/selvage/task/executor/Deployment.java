package io.selvage.task.executor;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.OutputPause;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.subtask.Mail;
import io.selvage.task.subtask.SinkOutput;
import io.selvage.task.subtask.Subtask;
import io.selvage.task.subtask.SubtaskCut;
import java.util.ArrayList;
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

/** Owned by the executor's loop: one incarnation of a job, and its subtasks in this process. */
final class Deployment {
    /** Snapshots that may be on their way to the store at once: each is held in memory until it is there. */
    static final int MOST_UPLOADS = 2;

    private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);

    private final DeploymentId id;
    private final Deploy deploy;
    private final long deployedNanos;
    private long clearedNanos; // The threads of the one before had ended.
    private long startedNanos;
    private final Set<SubtaskId> running = new HashSet<>(); // Have been so.
    private DeploymentPhase phase = DeploymentPhase.PREPARING;
    private @Nullable PreparedDeployment prepared;
    private @Nullable SegmentChains chains;
    private final Map<SubtaskId, Subtask> subtasks = new LinkedHashMap<>();
    private final Set<SubtaskId> threads = new HashSet<>(); // Those that have not ended.
    private final Map<ChannelId, ChannelFailure> failedEarly = new LinkedHashMap<>(); // Before the subtasks were there.
    private final Map<SubtaskId, SubtaskReport> reports = new LinkedHashMap<>(); // The newest, heard or not.
    private final Map<SubtaskId, Mail.Complete> lateCompletions = new LinkedHashMap<>();
    private boolean toldToEnd;
    private long endingSinceNanos;
    private int uploads;

    private long highestCheckpoint; // Triggered or cut here; 0: none.
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

    /** Starts the threads. */
    void start(PreparedDeployment nowPrepared, long nowNanos) {
        startedNanos = nowNanos;
        transition(DeploymentPhase.RUNNING);
        prepared = nowPrepared;
        chains = new SegmentChains(nowPrepared.restored(), nowPrepared.parallelism());
        for (Subtask subtask : nowPrepared.subtasks()) {
            subtasks.put(subtask.id(), subtask);
            threads.add(subtask.id());
            Thread thread = new Thread(
                    subtask,
                    id.job() + " " + nowPrepared.nameOf(subtask.id()) + " "
                            + subtask.id().index());
            thread.setDaemon(true);
            thread.setContextClassLoader(nowPrepared.loader());
            thread.start();
        }
        failedEarly.forEach(this::onChannelFailed);
        failedEarly.clear();
        endIfNoThreads();
    }

    /** Tells all subtasks to end, if that has not been done. */
    void end(long nowNanos, String reason) {
        toldToEnd = true;
        switch (phase) {
            case PREPARING -> transition(DeploymentPhase.ENDED);
            case RUNNING -> {
                LOG.info("{} is ended: {}", id, reason);
                transition(DeploymentPhase.ENDING);
                endingSinceNanos = nowNanos;
                subtasks.values().forEach(Subtask::cancel);
                endIfNoThreads();
            }
            case ENDING, ENDED -> {}
        }
    }

    /** Nothing of the incarnation before is left. */
    void onCleared(long nowNanos) {
        clearedNanos = nowNanos;
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
        PreparedDeployment ended = prepared;
        if (ended == null || phase != DeploymentPhase.ENDED) {
            return;
        }
        for (Subtask subtask : subtasks.values()) {
            SubtaskReport newest = reports.get(subtask.id());
            if (newest != null && newest.getState() == SubtaskState.SUBTASK_FINISHED) {
                continue; // The job is over.
            }
            int parallelism =
                    ended.parallelism().getOrDefault(subtask.id().vertex().value(), 0);
            subtask.retain()
                    .forEach((uid, state) -> into.retain(
                            new StateOwner(subtask.id(), uid),
                            new HeldState.Retained(
                                    state,
                                    id.incarnation().value(),
                                    deploy.getRestoreCheckpoint(),
                                    parallelism,
                                    ended.loader())));
        }
    }

    void onThreadEnd(SubtaskId subtask) {
        threads.remove(subtask);
        endIfNoThreads();
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
        switch (phase) {
            case PREPARING -> failedEarly.putIfAbsent(channel, failure);
            case RUNNING ->
                subtasks.values().stream()
                        .filter(subtask -> subtask.hasChannel(channel))
                        .forEach(subtask -> subtask.fail(new ExchangeFailedException(failure)));
            case ENDING, ENDED -> {}
        }
    }

    // ---- checkpoints ---------------------------------------------------------------------------------------------

    /** Starts a checkpoint at the subtasks without input; the others see its barrier. False: a mailbox is full. */
    boolean trigger(Barrier barrier) {
        highestCheckpoint = Math.max(highestCheckpoint, barrier.checkpoint().value());
        boolean accepted = true;
        for (Subtask subtask : subtasks.values()) {
            if (!subtask.hasInput()) {
                accepted &= subtask.post(new Mail.Trigger(barrier));
            }
        }
        return accepted;
    }

    /** Tells the subtasks; those whose mailbox is full are told by {@link #completeLate}. */
    void complete(Mail.Complete mail) {
        dropCuts(mail.checkpoint());
        chains().confirm(mail.checkpoint());
        lateCompletions.clear(); // A completion covers those before it.
        for (Subtask subtask : subtasks.values()) {
            if (!subtask.post(mail)) {
                LOG.warn("{} of {} is put off: subtask {} has not handled its mail", mail, id, subtask.id());
                lateCompletions.put(subtask.id(), mail);
            }
        }
    }

    /** Tries again what a full mailbox has refused: after a terminal completion there is none that would cover it. */
    void completeLate() {
        if (phase == DeploymentPhase.RUNNING) {
            lateCompletions.entrySet().removeIf(late -> {
                Subtask subtask = subtasks.get(late.getKey());
                return subtask == null || subtask.post(late.getValue());
            });
        }
    }

    boolean post(Mail mail) {
        boolean accepted = true;
        for (Subtask subtask : subtasks.values()) {
            accepted &= subtask.post(mail);
        }
        return accepted;
    }

    /** Nobody waits for that checkpoint, nor for a lower one. */
    void dropCuts(CheckpointId checkpoint) {
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

    /** Puts in what each cut is based on; answers a state whose base is not known, if there is one. */
    Optional<StateOwner> findBases(List<SubtaskCut> ofCheckpoint, Map<StateOwner, List<Segment>> bases) {
        for (SubtaskCut cut : ofCheckpoint) {
            for (OperatorCut operator : cut.operators()) {
                if (operator.keyed() != null) {
                    StateOwner owner = new StateOwner(cut.subtask(), operator.operatorUid());
                    Optional<List<Segment>> base = chains().base(owner, operator.keyed());
                    if (base.isEmpty()) {
                        return Optional.of(owner);
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

    /** False: as many as may be are under way. */
    boolean tryBeginUpload() {
        if (uploads == MOST_UPLOADS) {
            return false;
        }
        uploads++;
        return true;
    }

    void onUploadEnd() {
        uploads--;
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

    /** What a master that has just been found must know to take it over. */
    RunningIncarnation describe(ExecutorId here) {
        RunningIncarnation.Builder running = RunningIncarnation.newBuilder()
                .setJobId(id.job().value())
                .setIncarnation(id.incarnation().value())
                .setHighestCheckpointSeen(highestCheckpoint)
                .setEnding(toldToEnd);
        for (SubtaskId subtask : placed(here)) {
            SubtaskReport newest = reports.get(subtask);
            running.addSubtasks(newest == null ? report(subtask).build() : newest);
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

    String nameOf(SubtaskId subtask) {
        return prepared == null ? "a subtask" : prepared.nameOf(subtask);
    }

    Map<Integer, Integer> parallelism() {
        return prepared == null ? Map.of() : prepared.parallelism();
    }

    /** @param nowMillis wall clock of the same moment as {@code nowNanos} */
    List<SubtaskCounters> counters(long nowNanos, long nowMillis) {
        List<SubtaskCounters> counters = new ArrayList<>();
        for (Subtask subtask : subtasks.values()) {
            SubtaskCounters.Builder builder = SubtaskCounters.newBuilder()
                    .setJobId(id.job().value())
                    .setIncarnation(id.incarnation().value())
                    .setVertex(subtask.id().vertex().value())
                    .setSubtask(subtask.id().index())
                    .setRecordsIn(subtask.count(Counters.Figure.RECORDS_IN))
                    .setRecordsOut(subtask.count(Counters.Figure.RECORDS_OUT))
                    .setRecordsRead(subtask.count(Counters.Figure.RECORDS_READ))
                    .setRecordsWritten(subtask.count(Counters.Figure.RECORDS_WRITTEN))
                    .setRecordsLate(subtask.count(Counters.Figure.RECORDS_LATE))
                    .setRecordsSkipped(subtask.count(Counters.Figure.RECORDS_SKIPPED))
                    .setWatermarkMillis(subtask.count(Counters.Figure.WATERMARK_MILLIS));
            SinkOutput output = subtask.sinkOutput();
            if (output != null) {
                addOutput(output, builder, nowNanos, nowMillis);
            }
            counters.add(builder.build());
        }
        return counters;
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
