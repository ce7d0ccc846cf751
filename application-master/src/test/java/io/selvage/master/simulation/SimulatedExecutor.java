package io.selvage.master.simulation;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.Stopped;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: an executor that behaves as the contract says. Its subtasks of vertex 1 read numbers as time
 * passes; a snapshot's bytes are the number that was read last.
 */
final class SimulatedExecutor {
    /** How many numbers a subtask reads in all. */
    static final long TOTAL = 40;

    private final ExecutorId id;
    private final int slots;
    private final Simulation simulation;
    private long epoch;
    private @Nullable ConnectionId connection;
    private @Nullable Running running;
    private long highestIncarnation;

    /** One incarnation's subtasks on this executor. */
    private static final class Running {
        final Deploy deploy;
        final List<Integer> subtasks;
        final Map<Integer, Long> positions = new TreeMap<>();
        final Map<Long, Map<Integer, Long>> snapshots = new HashMap<>();
        final Map<Integer, Long> lastSnapshot = new HashMap<>();
        boolean started;
        boolean drained;
        boolean finished;
        long highestCheckpoint;
        long abortedCheckpoint;

        @Nullable
        SubtaskReport failed;

        Running(Deploy deploy, List<Integer> subtasks) {
            this.deploy = deploy;
            this.subtasks = subtasks;
        }
    }

    SimulatedExecutor(ExecutorId id, int slots, Simulation simulation) {
        this.id = id;
        this.slots = slots;
        this.simulation = simulation;
    }

    ExecutorId id() {
        return id;
    }

    @Nullable
    ConnectionId connection() {
        return connection;
    }

    void connect(long newEpoch, ConnectionId opened) {
        epoch = newEpoch;
        connection = opened;
        Register.Builder register =
                Register.newBuilder().setExecutorId(id.value()).setHost("host").setSlots(slots);
        Running here = running;
        if (here != null) {
            register.addRunning(describe(here));
        }
        tell((executor, stream) -> new MasterEvent.ExecutorRegistered(executor, stream, register.build()));
    }

    private static RunningIncarnation describe(Running here) {
        RunningIncarnation.Builder described = RunningIncarnation.newBuilder()
                .setJobId(here.deploy.getJobId())
                .setIncarnation(here.deploy.getIncarnation())
                .setHighestCheckpointSeen(here.highestCheckpoint);
        SubtaskState state = !here.started
                ? SubtaskState.SUBTASK_STATE_UNSPECIFIED
                : here.finished
                        ? SubtaskState.SUBTASK_FINISHED
                        : here.drained ? SubtaskState.SUBTASK_DRAINED : SubtaskState.SUBTASK_RUNNING;
        for (int subtask : here.subtasks) {
            SubtaskReport failed = here.failed;
            boolean isFailed = failed != null && failed.getSubtask() == subtask;
            described.addSubtasks(isFailed ? failed : report(here.deploy, subtask, state));
        }
        return described.build();
    }

    /** The stream has broken: what runs goes on. */
    void disconnected() {
        connection = null;
    }

    boolean runs() {
        return running != null;
    }

    void onMessage(ConnectionId stream, MasterMessage message) {
        if (!stream.equals(connection) || message.getEpoch() < epoch) {
            return;
        }
        Invariant.check(message.getEpoch() == epoch, "an executor of epoch %d hears %s", epoch, message);
        switch (message.getMessageCase()) {
            case DEPLOY -> deploy(message.getDeploy());
            case STOP ->
                stop(message.getStop().getIncarnation(), message.getStop().getJobId());
            case TRIGGER -> trigger(message.getTrigger());
            case COMPLETE ->
                complete(
                        message.getComplete().getIncarnation(),
                        message.getComplete().getCheckpoint(),
                        message.getComplete().getTerminal());
            case SHUTDOWN -> simulation.endExecutor(id, 0);
            case ABORT ->
                abort(message.getAbort().getIncarnation(), message.getAbort().getCheckpoint());
            case REGISTERED, HEARTBEAT, MESSAGE_NOT_SET -> {}
        }
    }

    private void deploy(Deploy deploy) {
        Invariant.check(
                deploy.getIncarnation() > highestIncarnation,
                "incarnation %d is deployed after %d",
                deploy.getIncarnation(),
                highestIncarnation);
        Invariant.check(
                simulation.journal().holds(deploy.getJobId(), deploy.getIncarnation()),
                "deployed, but not durable: %s",
                deploy.getIncarnation());
        highestIncarnation = deploy.getIncarnation();
        simulation.onDeployed(deploy, id);
        List<Integer> mine = new ArrayList<>();
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            if (placement.getExecutorId().equals(id.value())) {
                mine.add(placement.getSubtask());
            }
        }
        Running next = new Running(deploy, mine);
        running = next;
        Map<Integer, Long> restored = simulation.restore(deploy);
        mine.forEach(subtask -> {
            long position = restored.getOrDefault(subtask, 0L);
            next.positions.put(subtask, position);
            next.lastSnapshot.put(subtask, position);
            // A restore commits what the checkpoint holds.
            simulation.sink().commit(subtask, 0, position);
        });
        simulation.later(this, 30, () -> start(next));
    }

    private void start(Running incarnation) {
        if (running == incarnation) {
            incarnation.started = true;
            incarnation.subtasks.forEach(subtask -> report(incarnation, subtask, SubtaskState.SUBTASK_RUNNING));
            simulation.later(this, 50, () -> read(incarnation));
        }
    }

    /** Reads one number for each subtask, or fails; ends when there are no more. */
    private void read(Running incarnation) {
        if (running != incarnation || incarnation.drained) {
            return;
        }
        if (simulation.chance("subtask fails", 0.01)) {
            int subtask = incarnation.subtasks.get(0);
            SubtaskReport failed = report(incarnation.deploy, subtask, SubtaskState.SUBTASK_FAILED).toBuilder()
                    .setFailure(
                            Failure.newBuilder().setKind(FailureKind.USER_CODE).setMessage("Simulated."))
                    .build();
            incarnation.failed = failed;
            simulation.onReasonToRestart();
            tell((executor, stream) -> new MasterEvent.SubtaskReported(executor, stream, failed));
            return;
        }
        incarnation.positions.replaceAll((subtask, position) -> Math.min(TOTAL, position + 1));
        if (incarnation.positions.values().stream().allMatch(position -> position == TOTAL)) {
            incarnation.drained = true;
            incarnation.subtasks.forEach(subtask -> report(incarnation, subtask, SubtaskState.SUBTASK_DRAINED));
        } else {
            simulation.later(this, 50, () -> read(incarnation));
        }
    }

    private void trigger(TriggerCheckpoint trigger) {
        Running incarnation = running;
        if (incarnation == null || trigger.getIncarnation() != incarnation.deploy.getIncarnation()) {
            return;
        }
        Invariant.check(incarnation.started, "a checkpoint is triggered before every subtask runs: %s", trigger);
        Invariant.check(
                !trigger.getTerminal() || incarnation.drained, "terminal before the input has ended: %s", trigger);
        simulation.onTriggered(trigger, epoch);
        incarnation.highestCheckpoint = Math.max(incarnation.highestCheckpoint, trigger.getCheckpoint());
        Map<Integer, Long> snapshot = new TreeMap<>(incarnation.positions);
        incarnation.snapshots.put(trigger.getCheckpoint(), snapshot);
        simulation.later(this, 40, () -> acknowledge(incarnation, trigger, snapshot));
    }

    private void acknowledge(Running incarnation, TriggerCheckpoint trigger, Map<Integer, Long> snapshot) {
        if (running != incarnation || simulation.chance("acknowledgement is lost", 0.01)) {
            return;
        }
        if (trigger.getCheckpoint() <= incarnation.abortedCheckpoint
                && !simulation.chance("acknowledgement comes after the abort", 0.5)) {
            return;
        }
        if (simulation.chance("checkpoint is declined", 0.03)) {
            tell((executor, stream) -> new MasterEvent.CheckpointDeclinedBy(
                    executor,
                    stream,
                    CheckpointDeclined.newBuilder()
                            .setJobId(trigger.getJobId())
                            .setIncarnation(trigger.getIncarnation())
                            .setCheckpoint(trigger.getCheckpoint())
                            .build()));
            return;
        }
        CheckpointAcknowledged.Builder acknowledged = CheckpointAcknowledged.newBuilder()
                .setJobId(trigger.getJobId())
                .setIncarnation(trigger.getIncarnation())
                .setCheckpoint(trigger.getCheckpoint());
        snapshot.forEach((subtask, position) -> acknowledged.addSubtasks(
                SubtaskSnapshot.newBuilder().setVertex(1).setSubtask(subtask).setBytes(position)));
        tell((executor, stream) -> new MasterEvent.CheckpointAcknowledgedBy(executor, stream, acknowledged.build()));
    }

    private void abort(long incarnationNumber, long checkpoint) {
        Running incarnation = running;
        if (incarnation != null && incarnationNumber == incarnation.deploy.getIncarnation()) {
            incarnation.abortedCheckpoint = Math.max(incarnation.abortedCheckpoint, checkpoint);
        }
    }

    private void complete(long incarnationNumber, long checkpoint, boolean terminal) {
        Running incarnation = running;
        if (incarnation == null || incarnationNumber != incarnation.deploy.getIncarnation()) {
            return;
        }
        String job = incarnation.deploy.getJobId();
        Invariant.check(simulation.journal().isComplete(job, checkpoint), "complete, but not durable: %d", checkpoint);
        Map<Integer, Long> snapshot = incarnation.snapshots.getOrDefault(checkpoint, Map.of());
        Invariant.check(!snapshot.isEmpty(), "checkpoint %d is complete without this executor's part", checkpoint);
        snapshot.forEach((subtask, position) -> {
            simulation.sink().commit(subtask, incarnation.lastSnapshot.getOrDefault(subtask, 0L), position);
            incarnation.lastSnapshot.put(subtask, position);
        });
        if (terminal) {
            incarnation.finished = true;
            incarnation.subtasks.forEach(subtask -> report(incarnation, subtask, SubtaskState.SUBTASK_FINISHED));
        }
    }

    private void stop(long incarnation, String job) {
        if (running != null && running.deploy.getIncarnation() <= incarnation) {
            running = null;
        }
        highestIncarnation = Math.max(highestIncarnation, incarnation);
        simulation.later(
                this,
                20,
                () -> tell((executor, stream) -> new MasterEvent.IncarnationStopped(
                        executor,
                        stream,
                        Stopped.newBuilder()
                                .setJobId(job)
                                .setIncarnation(incarnation)
                                .build())));
    }

    void heartbeat() {
        tell((executor, stream) -> new MasterEvent.HeartbeatReceived(executor, stream, Heartbeat.getDefaultInstance()));
    }

    private void report(Running incarnation, int subtask, SubtaskState state) {
        tell((executor, stream) ->
                new MasterEvent.SubtaskReported(executor, stream, report(incarnation.deploy, subtask, state)));
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
        MasterEvent on(ExecutorId executor, ConnectionId stream);
    }

    private void tell(Saying saying) {
        ConnectionId stream = connection;
        if (stream != null) {
            Consumer<MasterEvent> master = simulation.masterOf(stream);
            master.accept(saying.on(id, stream));
        }
    }
}
