package io.selvage.master.simulation;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.Following;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: an executor that behaves as the contract says. Its subtasks read numbers as time passes,
 * keep them as state, and write them to the sink in transactions.
 */
final class SimulatedExecutor {
    /** Without a word from a master for so long, it ends itself. */
    static final long LEASE_MILLIS = 15_000;

    private final ExecutorId id;
    private final Simulation simulation;
    private final SimulatedProcess process;
    private final int slowness;
    private long epoch;
    private @Nullable Stream stream;
    private @Nullable Running running;
    private long highestIncarnation;
    private long heardMillis;

    /** One subtask's state, and what it has prepared for the sink. */
    private static final class Subtask {
        final int index;
        long position;
        /** Where the last cut was, whether or not its checkpoint has completed. */
        long cut;
        /** The keyed state as of the newest checkpoint that is known to be complete. */
        List<Segment> confirmed;

        final Map<Long, List<Segment>> cuts = new TreeMap<>();
        final List<SimulatedSink.Transaction> pending = new ArrayList<>();

        Subtask(int index, long position, List<Segment> confirmed) {
            this.index = index;
            this.position = position;
            this.cut = position;
            this.confirmed = confirmed;
        }
    }

    /** One incarnation's subtasks on this executor. */
    private static final class Running {
        final Deploy deploy;
        final List<Subtask> subtasks = new ArrayList<>();
        final Set<ExecutorId> peers = new HashSet<>();
        boolean started;
        boolean drained;
        boolean finished;
        long highestCheckpoint;
        long abortedCheckpoint;
        long completedCheckpoint;

        @Nullable
        SubtaskReport failed;

        Running(Deploy deploy) {
            this.deploy = deploy;
        }

        long incarnation() {
            return deploy.getIncarnation();
        }
    }

    SimulatedExecutor(ExecutorId id, Simulation simulation) {
        this.id = id;
        this.simulation = simulation;
        this.process = new SimulatedProcess(simulation);
        this.slowness = simulation.chance(Fault.EXECUTOR_IS_SLOW, 0.1) ? 8 : 1;
        this.heardMillis = simulation.nowMillis();
    }

    ExecutorId id() {
        return id;
    }

    SimulatedProcess process() {
        return process;
    }

    @Nullable
    Stream stream() {
        return stream;
    }

    /** Something of the job runs there, or will. */
    boolean runs() {
        return running != null && running.failed == null;
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    void connect(Stream opened) {
        stream = opened;
        epoch = opened.master().epoch();
        heardMillis = simulation.nowMillis();
        Register.Builder register = Register.newBuilder()
                .setExecutorId(id.value())
                .setHost("host")
                .setNode(SimulatedYarn.nodeOf(id))
                .setSlots(simulation.scenario().slots());
        Running here = running;
        if (here != null && !simulation.is(Variant.SURVIVORS_NOT_ADOPTED)) {
            register.addRunning(describe(here));
        }
        tell(connection -> new MasterEvent.ExecutorRegistered(id, connection, register.build()));
    }

    private static RunningIncarnation describe(Running here) {
        RunningIncarnation.Builder described = RunningIncarnation.newBuilder()
                .setJobId(here.deploy.getJobId())
                .setIncarnation(here.incarnation())
                .setHighestCheckpointSeen(here.highestCheckpoint);
        SubtaskState state = !here.started
                ? SubtaskState.SUBTASK_STATE_UNSPECIFIED
                : here.finished
                        ? SubtaskState.SUBTASK_FINISHED
                        : here.drained ? SubtaskState.SUBTASK_DRAINED : SubtaskState.SUBTASK_RUNNING;
        for (Subtask subtask : here.subtasks) {
            SubtaskReport failed = here.failed;
            boolean isFailed = failed != null && failed.getSubtask() == subtask.index;
            described.addSubtasks(isFailed ? failed : report(here.deploy, subtask.index, state));
        }
        return described.build();
    }

    /** The stream has broken: what runs goes on. */
    void onStreamBroken(Stream broken) {
        if (stream == broken) {
            stream = null;
            simulation.seek(this);
        }
    }

    void heartbeat() {
        if (simulation.nowMillis() - heardMillis > LEASE_MILLIS) {
            simulation.yarn().end(id, 3);
            return;
        }
        tell(connection -> new MasterEvent.HeartbeatReceived(id, connection, Heartbeat.getDefaultInstance()));
    }

    void onMessage(Stream from, MasterMessage message) {
        if (simulation.is(Variant.EPOCH_NOT_CHECKED) ? !process.lives() : from != stream) {
            return;
        }
        Invariant.check(
                message.getEpoch() == epoch && from.master().epoch() == epoch,
                "an executor that has registered with epoch %d does what epoch %d says: %s",
                epoch,
                message.getEpoch(),
                message);
        heardMillis = simulation.nowMillis();
        switch (message.getMessageCase()) {
            case DEPLOY -> deploy(message.getDeploy());
            case STOP -> stop(message.getStop());
            case TRIGGER -> trigger(message.getTrigger());
            case COMPLETE -> complete(message.getComplete());
            case ABORT ->
                abort(message.getAbort().getIncarnation(), message.getAbort().getCheckpoint());
            case SHUTDOWN -> {
                Running here = running;
                Invariant.check(
                        here == null || here.finished || simulation.mayStop(here.incarnation()),
                        "an executor is told to end while it is needed: %s",
                        message);
                simulation.yarn().end(id, 0);
            }
            case FOLLOW -> follow(message.getFollow());
            case REGISTERED, HEARTBEAT, UNFOLLOW, DRILL, MESSAGE_NOT_SET -> {}
        }
    }

    // ---- an incarnation's life -----------------------------------------------------------------------------------

    private void deploy(Deploy deploy) {
        if (deploy.getIncarnation() <= highestIncarnation) {
            return;
        }
        Invariant.check(
                simulation.journal().hasStarted(deploy.getIncarnation()),
                "deployed, but not durable: %d",
                deploy.getIncarnation());
        highestIncarnation = deploy.getIncarnation();
        Running next = new Running(deploy);
        running = next;
        deploy.getExecutorsList().forEach(address -> next.peers.add(new ExecutorId(address.getExecutorId())));
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            if (placement.getExecutorId().equals(id.value())) {
                next.subtasks.add(new Subtask(placement.getSubtask(), 0, List.of()));
            }
        }
        simulation.onDeployed(deploy, id);
        later(10, () -> restore(next));
    }

    private void restore(Running incarnation) {
        if (running != incarnation) {
            return;
        }
        if (simulation.isHdfsAway()) {
            fail(incarnation, FailureKind.TRANSIENT, "The checkpoint can't be read.", "");
            return;
        }
        Deploy deploy = incarnation.deploy;
        if (deploy.getRestoreCheckpoint() > 0) {
            CheckpointMetadata metadata = read(deploy);
            if (metadata == null) {
                fail(incarnation, FailureKind.FATAL, "The checkpoint is gone.", "");
                return;
            }
            List<Subtask> restored = new ArrayList<>();
            for (Subtask fresh : incarnation.subtasks) {
                OperatorSnapshot operator = metadata.getSubtasksList().stream()
                        .filter(part -> part.getSubtask() == fresh.index)
                        .findFirst()
                        .orElseThrow()
                        .getOperators(0);
                OperatorState state = OperatorState.parse(operator.getSmallOperatorState());
                restored.add(new Subtask(fresh.index, state.position(), operator.getKeyedStateList()));
                if (!simulation.is(Variant.PENDING_COMMITS_DROPPED)) {
                    state.pending().forEach(each -> simulation.sink().commit(each, deploy.getRestoreCheckpoint()));
                }
            }
            incarnation.subtasks.clear();
            incarnation.subtasks.addAll(restored);
        }
        later(25, () -> start(incarnation));
    }

    /** What is restored is there, unless the executor was held up, and is told to run what is long over. */
    private @Nullable CheckpointMetadata read(Deploy deploy) {
        CheckpointCompleted restored = CheckpointCompleted.newBuilder()
                .setCheckpoint(deploy.getRestoreCheckpoint())
                .setMetadataPath(deploy.getRestoreMetadataPath())
                .build();
        return simulation.isOver(deploy.getIncarnation())
                ? simulation.store().read(restored.getCheckpoint(), restored.getMetadataPath())
                : simulation.store().verify(restored);
    }

    private void start(Running incarnation) {
        if (running == incarnation && incarnation.failed == null) {
            incarnation.started = true;
            report(incarnation, SubtaskState.SUBTASK_RUNNING);
            later(150, () -> read(incarnation));
        }
    }

    /** Reads one number for each subtask, or fails; ends when there are no more. */
    private void read(Running incarnation) {
        if (running != incarnation || incarnation.drained || incarnation.failed != null) {
            return;
        }
        if (simulation.chance(Fault.SUBTASK_FAILS, 0.01)) {
            fail(incarnation, FailureKind.USER_CODE, "Simulated.", "");
            return;
        }
        int total = simulation.scenario().total();
        incarnation.subtasks.forEach(subtask -> subtask.position = Math.min(total, subtask.position + 1));
        if (incarnation.subtasks.stream().allMatch(subtask -> subtask.position == total)) {
            incarnation.drained = true;
            report(incarnation, SubtaskState.SUBTASK_DRAINED);
        } else {
            later(150, () -> read(incarnation));
        }
    }

    /** A peer's connection has been reset. */
    void onPeerLost(ExecutorId peer) {
        Running here = running;
        if (here != null && here.peers.contains(peer) && here.failed == null && !here.finished) {
            fail(here, FailureKind.EXECUTOR_LOST, "The connection to " + peer + " was reset.", peer.value());
        }
    }

    private void fail(Running incarnation, FailureKind kind, String sentence, String lost) {
        SubtaskReport failed =
                report(incarnation.deploy, incarnation.subtasks.get(0).index, SubtaskState.SUBTASK_FAILED).toBuilder()
                        .setFailure(Failure.newBuilder()
                                .setKind(kind)
                                .setMessage(sentence)
                                .setExecutorId(lost))
                        .build();
        incarnation.failed = failed;
        simulation.onReasonToRestart();
        tell(connection -> new MasterEvent.SubtaskReported(id, connection, failed));
    }

    private void stop(StopIncarnation stop) {
        Running here = running;
        if (here != null && here.incarnation() <= stop.getIncarnation()) {
            Invariant.check(
                    simulation.mayStop(here.incarnation()),
                    "told to stop incarnation %d, and no record says why: %s",
                    here.incarnation(),
                    stop);
            running = null;
        }
        highestIncarnation = Math.max(highestIncarnation, stop.getIncarnation());
        later(
                20,
                () -> tell(connection -> new MasterEvent.IncarnationStopped(
                        id,
                        connection,
                        Stopped.newBuilder()
                                .setJobId(stop.getJobId())
                                .setIncarnation(stop.getIncarnation())
                                .build())));
    }

    /** Reads what a completed checkpoint has added, and says so. */
    private void follow(Follow follow) {
        Invariant.check(
                follow.getCheckpoint() == 0 || simulation.journal().isComplete(follow.getCheckpoint()),
                "a standby follows to a checkpoint that is not durable: %d",
                follow.getCheckpoint());
        later(
                100,
                () -> tell(connection -> new MasterEvent.FollowingReported(
                        id,
                        connection,
                        Following.newBuilder()
                                .setJobId(follow.getJobId())
                                .setCheckpoint(follow.getCheckpoint())
                                .build())));
    }

    // ---- checkpoints ---------------------------------------------------------------------------------------------

    private void trigger(TriggerCheckpoint trigger) {
        Running incarnation = running;
        if (incarnation == null
                || trigger.getIncarnation() != incarnation.incarnation()
                || trigger.getCheckpoint() <= incarnation.highestCheckpoint) {
            return;
        }
        Invariant.check(incarnation.started, "a checkpoint is triggered before every subtask runs: %s", trigger);
        Invariant.check(
                !trigger.getTerminal() || incarnation.drained, "terminal before the input has ended: %s", trigger);
        long durable = simulation.journal().newestOf(incarnation.incarnation());
        Invariant.check(
                durable <= incarnation.completedCheckpoint || durable >= trigger.getCheckpoint(),
                "checkpoint %d is complete, this executor was not told, and the next is triggered: %s",
                durable,
                trigger);
        simulation.onTriggered(trigger, epoch);
        incarnation.highestCheckpoint = trigger.getCheckpoint();
        if (incarnation.failed != null) {
            return;
        }
        List<SubtaskSnapshot> parts = new ArrayList<>();
        incarnation.subtasks.forEach(subtask -> parts.add(cut(incarnation, subtask, trigger.getCheckpoint())));
        Runnable acknowledges = () -> acknowledge(incarnation, trigger, parts);
        if (simulation.is(Variant.ACKNOWLEDGED_BEFORE_STORED)) {
            acknowledges.run();
            later(100, () -> upload(incarnation, trigger, parts, () -> {}));
        } else {
            later(25, () -> upload(incarnation, trigger, parts, () -> later(10, acknowledges)));
        }
    }

    /** Adds what is new since the last completed checkpoint, or writes all of it anew. */
    private SubtaskSnapshot cut(Running incarnation, Subtask subtask, long checkpoint) {
        if (subtask.cut < subtask.position) {
            subtask.pending.add(new SimulatedSink.Transaction(
                    subtask.index, incarnation.incarnation(), checkpoint, subtask.cut, subtask.position));
        }
        subtask.cut = subtask.position;
        boolean whole = simulation.between(0, 4) == 0;
        List<Segment> chain = new ArrayList<>(whole ? List.of() : subtask.confirmed);
        long from = chain.isEmpty()
                ? 0
                : chain.get(chain.size() - 1).getOffset()
                        + chain.get(chain.size() - 1).getLength();
        if (from < subtask.position) {
            chain.add(Segment.newBuilder()
                    .setFile("chk-" + checkpoint + "/" + id.value() + "-" + incarnation.incarnation())
                    .setCheckpoint(checkpoint)
                    .setOffset(from)
                    .setLength(subtask.position - from)
                    .build());
        }
        subtask.cuts.put(checkpoint, chain);
        if (simulation.is(Variant.COMMIT_AT_ACKNOWLEDGEMENT)) {
            subtask.pending.forEach(each -> simulation.sink().commit(each, checkpoint));
        }
        return SubtaskSnapshot.newBuilder()
                .setVertex(1)
                .setSubtask(subtask.index)
                .setBytes(subtask.position - from)
                .addOperators(OperatorSnapshot.newBuilder()
                        .setOperatorUid("numbers")
                        .setSubtask(subtask.index)
                        .setParallelism(simulation.scenario().parallelism())
                        .addAllKeyedState(chain)
                        .setSmallOperatorState(
                                new OperatorState(subtask.index, subtask.position, subtask.pending).toBytes()))
                .build();
    }

    private void upload(Running incarnation, TriggerCheckpoint trigger, List<SubtaskSnapshot> parts, Runnable then) {
        if (running != incarnation) {
            return;
        }
        boolean fails = simulation.isHdfsAway() || simulation.chance(Fault.UPLOAD_FAILS, 0.01);
        if (!fails) {
            for (SubtaskSnapshot part : parts) {
                part.getOperators(0).getKeyedStateList().stream()
                        .filter(segment -> segment.getCheckpoint() == trigger.getCheckpoint())
                        .forEach(segment -> simulation.store().put(segment, part.getSubtask()));
            }
        }
        if (fails
                || simulation.chance(Fault.UPLOAD_IS_WRITTEN_BUT_REPORTED_FAILED, 0.01)
                || simulation.chance(Fault.CHECKPOINT_IS_DECLINED, 0.02)) {
            decline(trigger);
        } else {
            then.run();
        }
    }

    private void decline(TriggerCheckpoint trigger) {
        tell(connection -> new MasterEvent.CheckpointDeclinedBy(
                id,
                connection,
                CheckpointDeclined.newBuilder()
                        .setJobId(trigger.getJobId())
                        .setIncarnation(trigger.getIncarnation())
                        .setCheckpoint(trigger.getCheckpoint())
                        .build()));
    }

    private void acknowledge(Running incarnation, TriggerCheckpoint trigger, List<SubtaskSnapshot> parts) {
        if (running != incarnation || simulation.chance(Fault.ACKNOWLEDGEMENT_IS_LOST, 0.01)) {
            return;
        }
        if (trigger.getCheckpoint() <= incarnation.abortedCheckpoint
                && !simulation.chance(Fault.ACKNOWLEDGEMENT_COMES_AFTER_THE_ABORT, 0.5)) {
            return;
        }
        CheckpointAcknowledged.Builder acknowledged = CheckpointAcknowledged.newBuilder()
                .setJobId(trigger.getJobId())
                .setIncarnation(trigger.getIncarnation())
                .setCheckpoint(trigger.getCheckpoint());
        for (int i = 0; i < parts.size(); i++) {
            acknowledged.addSubtasks(
                    simulation.is(Variant.POSITION_AFTER_CUT)
                            ? later(parts.get(i), incarnation.subtasks.get(i))
                            : parts.get(i));
        }
        tell(connection -> new MasterEvent.CheckpointAcknowledgedBy(id, connection, acknowledged.build()));
    }

    private static SubtaskSnapshot later(SubtaskSnapshot part, Subtask subtask) {
        OperatorSnapshot operator = part.getOperators(0);
        OperatorState cut = OperatorState.parse(operator.getSmallOperatorState());
        return part.toBuilder()
                .setOperators(
                        0,
                        operator.toBuilder()
                                .setSmallOperatorState(
                                        new OperatorState(subtask.index, subtask.position, cut.pending()).toBytes()))
                .build();
    }

    private void abort(long incarnationNumber, long checkpoint) {
        Running incarnation = running;
        if (incarnation == null || incarnationNumber != incarnation.incarnation()) {
            return;
        }
        incarnation.abortedCheckpoint = Math.max(incarnation.abortedCheckpoint, checkpoint);
        if (simulation.is(Variant.ABORT_DROPS_OUTPUT)) {
            incarnation.subtasks.forEach(subtask -> subtask.pending.removeIf(each -> each.checkpoint() == checkpoint));
        }
    }

    /** A completion covers all checkpoints up to it; hearing of it again does nothing. */
    private void complete(CompleteCheckpoint complete) {
        Running incarnation = running;
        long checkpoint = complete.getCheckpoint();
        if (incarnation == null || complete.getIncarnation() != incarnation.incarnation()) {
            return;
        }
        if (checkpoint <= incarnation.completedCheckpoint && !simulation.is(Variant.REPEATED_COMMIT_COUNTS)) {
            return;
        }
        Invariant.check(
                simulation.journal().isComplete(checkpoint), "told that it is complete, but not durable: %s", complete);
        for (Subtask subtask : incarnation.subtasks) {
            List<Segment> chain = subtask.cuts.get(checkpoint);
            if (chain == null) {
                Invariant.check(
                        checkpoint <= incarnation.completedCheckpoint, "complete without this part: %s", complete);
                continue;
            }
            subtask.confirmed = chain;
            subtask.cuts.keySet().removeIf(earlier -> earlier < checkpoint);
            subtask.pending.forEach(each -> {
                if (each.checkpoint() <= checkpoint) {
                    simulation.sink().commit(each, checkpoint);
                }
            });
            if (!simulation.is(Variant.REPEATED_COMMIT_COUNTS)) {
                subtask.pending.removeIf(each -> each.checkpoint() <= checkpoint);
            }
        }
        incarnation.completedCheckpoint = checkpoint;
        if (complete.getTerminal()) {
            incarnation.finished = true;
            report(incarnation, SubtaskState.SUBTASK_FINISHED);
        }
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private void report(Running incarnation, SubtaskState state) {
        incarnation.subtasks.forEach(subtask -> {
            SubtaskReport report = report(incarnation.deploy, subtask.index, state);
            tell(connection -> new MasterEvent.SubtaskReported(id, connection, report));
        });
    }

    private static SubtaskReport report(Deploy deploy, int subtask, SubtaskState state) {
        return SubtaskReport.newBuilder()
                .setJobId(deploy.getJobId())
                .setIncarnation(deploy.getIncarnation())
                .setVertex(1)
                .setSubtask(subtask)
                .setState(state)
                .build();
    }

    private interface Saying {
        MasterEvent on(ConnectionId connection);
    }

    private void tell(Saying saying) {
        Stream open = stream;
        if (open != null) {
            open.toMaster(saying.on(open.connection()));
        }
    }

    private void later(int atMostMillis, Runnable action) {
        simulation.plan(simulation.between(1, atMostMillis * slowness + 1), () -> process.run(action));
    }
}
