package io.selvage.master.simulation;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointDeclined;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.CutKind;
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
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: an executor that behaves as the contract says. Its subtasks read numbers as time passes,
 * keep them as state, and write them to the sink in transactions.
 */
final class SimulatedExecutor {
    /** Without a word from a master for so long, it ends itself. */
    static final long LEASE_MILLIS = 15_000;

    private static final long FOR_GOOD = Long.MAX_VALUE;

    private final ExecutorId id;
    private final Simulation simulation;
    private final SimulatedProcess process;
    private final int slowness;
    private long epoch;
    private @Nullable Stream stream;
    private @Nullable Running running;
    private long highestIncarnation;
    private long heardMillis;

    /** One lane's state, and what was prepared of it for the sink. A subtask has all lanes that fall to its index. */
    private static final class Subtask {
        /** The lane's: the number that its subtask has at the parallelism that the job is submitted with. */
        final SubtaskId id;
        /** The subtask that has it. */
        final SubtaskId of;

        long position;
        /** Where the last cut was, whether or not its checkpoint has completed. */
        long cut;
        /** The keyed state that the next cut is added to: of a complete checkpoint, or of one that is stored here. */
        List<Segment> base;

        final Map<Long, List<Segment>> cuts = new TreeMap<>();
        final Set<Long> stored = new HashSet<>();
        final List<SimulatedSink.Transaction> pending = new ArrayList<>();

        Subtask(SubtaskId id, SubtaskId of, long position, List<Segment> base) {
            this.id = id;
            this.of = of;
            this.position = position;
            this.cut = position;
            this.base = base;
        }

        /** What it has stored all the same is built on: it stays for as long as nothing newer is complete. */
        void abort(long checkpoint) {
            List<Segment> chain = cuts.get(checkpoint);
            if (chain != null && stored.contains(checkpoint)) {
                base = chain;
            }
        }
    }

    /** One region's subtasks on this executor, as one incarnation has started them: they fail together. */
    private static final class Part {
        final int region;
        final long since;
        final List<Subtask> subtasks = new ArrayList<>();
        /** Other executors that run subtasks of the region. */
        final Set<ExecutorId> peers = new HashSet<>();

        /** The number of the savepoint with which the job is to be stopped; 0: it reads. */
        long heldBy;

        boolean started;
        boolean drained;
        boolean finished;

        @Nullable
        Failure failed;

        Part(int region, long since) {
            this.region = region;
            this.since = since;
        }

        /** Those that have the lanes; in order. */
        Set<SubtaskId> owners() {
            return subtasks.stream().map(lane -> lane.of).collect(Collectors.toCollection(TreeSet::new));
        }

        SubtaskState state() {
            if (!started) {
                return SubtaskState.SUBTASK_STATE_UNSPECIFIED;
            }
            return finished
                    ? SubtaskState.SUBTASK_FINISHED
                    : drained ? SubtaskState.SUBTASK_DRAINED : SubtaskState.SUBTASK_RUNNING;
        }
    }

    /** One incarnation's subtasks on this executor. */
    private static final class Running {
        final Deploy deploy;
        final Map<Integer, Part> parts = new TreeMap<>();
        /** Parts of which the master knows that they run in this incarnation. */
        final Set<Part> told = new HashSet<>();

        long highestCheckpoint;
        long abortedCheckpoint;
        long completedCheckpoint;

        Running(Deploy deploy) {
            this.deploy = deploy;
            this.highestCheckpoint = deploy.getLastCheckpoint();
            this.abortedCheckpoint = deploy.getLastCheckpoint();
        }

        long incarnation() {
            return deploy.getIncarnation();
        }

        boolean has(Part part) {
            return parts.get(part.region) == part;
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

    /** Of which something runs there, or will. */
    Set<Integer> regions() {
        return running == null ? Set.of() : new TreeSet<>(running.parts.keySet());
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    void connect(Stream opened) {
        stream = opened;
        epoch = opened.master().epoch();
        heardMillis = simulation.nowMillis();
        Register.Builder register = Register.newBuilder()
                .setExecutorId(id.value())
                .setHost("host")
                .setNode(simulation.yarn().nodeOf(id))
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
        for (Part part : here.parts.values()) {
            SubtaskState state = here.told.contains(part) ? part.state() : SubtaskState.SUBTASK_STATE_UNSPECIFIED;
            for (SubtaskId subtask : part.owners()) {
                boolean isFailed = part.failed != null && subtask.equals(part.subtasks.get(0).of);
                described.addSubtasks(isFailed ? failure(here.deploy, part) : report(here.deploy, subtask, state));
            }
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
                boolean isOver = here == null || here.parts.values().stream().allMatch(part -> part.finished);
                Invariant.check(
                        isOver || simulation.mayStop(here.incarnation()),
                        "an executor is told to end while it is needed: %s",
                        message);
                simulation.yarn().end(id, 0);
            }
            case FOLLOW -> follow(message.getFollow());
            case REGISTERED, HEARTBEAT, UNFOLLOW, DRILL, DUMP_THREADS, NEW_TOKENS, MESSAGE_NOT_SET -> {}
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
        Running before = running;
        Running next = new Running(deploy);
        running = next;
        simulation.onDeployed(deploy, id);
        for (int region : simulation.scenario().regions()) {
            List<SubtaskPlacement> placed = deploy.getSubtasksList().stream()
                    .filter(placement -> placement.getVertex() == region)
                    .toList();
            List<SubtaskPlacement> here = placed.stream()
                    .filter(placement -> placement.getExecutorId().equals(id.value()))
                    .toList();
            if (!here.isEmpty()) {
                Part part = before == null ? null : before.parts.get(region);
                if (here.get(0).getSince() == 0) {
                    begin(next, region, placed, here, part);
                } else {
                    goOn(next, here, placed.size(), part);
                }
            }
        }
    }

    private void begin(
            Running next,
            int region,
            List<SubtaskPlacement> placed,
            List<SubtaskPlacement> here,
            @Nullable Part before) {
        if (simulation.is(Variant.HIT_REGION_GOES_ON) && before != null && before.started) {
            before.failed = null;
            takeOver(next, before);
            return;
        }
        Part part = new Part(region, next.incarnation());
        part.heldBy = next.deploy.getHeld() && !simulation.is(Variant.STOPPED_STARTS_READING) ? FOR_GOOD : 0;
        next.parts.put(region, part);
        placed.forEach(placement -> part.peers.add(new ExecutorId(placement.getExecutorId())));
        here.forEach(placement -> addLanes(part, placement, placed.size()));
        later(10, () -> restore(next, part));
    }

    private void addLanes(Part part, SubtaskPlacement placement, int parallelism) {
        SubtaskId subtask = SubtaskId.of(part.region, placement.getSubtask());
        for (int lane = subtask.index(); lane < simulation.scenario().parallelismOf(part.region); lane += parallelism) {
            part.subtasks.add(new Subtask(SubtaskId.of(part.region, lane), subtask, 0, List.of()));
        }
    }

    /** Exactly what is meant, and in good health; what is not is said to have failed. */
    private void goOn(Running next, List<SubtaskPlacement> here, int parallelism, @Nullable Part before) {
        long since = here.get(0).getSince();
        boolean goesOn = before != null
                && before.since == since
                && before.started
                && before.failed == null
                && !before.finished
                && before.owners().size() == here.size();
        if (goesOn) {
            takeOver(next, before);
            return;
        }
        int region = here.get(0).getVertex();
        Part gone = new Part(region, since);
        next.parts.put(region, gone);
        here.forEach(placement -> addLanes(gone, placement, parallelism));
        fail(gone, FailureKind.TRANSIENT, "It does not run here any more.", "");
    }

    /** The restored checkpoint is complete, and what was started after it is given up. */
    private void takeOver(Running next, Part part) {
        next.parts.put(part.region, part);
        long restored = next.deploy.getRestoreCheckpoint();
        part.subtasks.forEach(subtask -> complete(subtask, restored));
        if (next.deploy.getLastCheckpoint() > restored) {
            release(part, next.deploy.getLastCheckpoint());
            part.subtasks.forEach(subtask -> subtask.abort(next.deploy.getLastCheckpoint()));
        }
        if (simulation.is(Variant.CARRIED_IS_REWOUND)) {
            part.subtasks.forEach(subtask -> {
                subtask.position = Math.max(0, subtask.cut - 2);
                subtask.cut = subtask.position;
            });
        }
        later(25, () -> {
            if (isLive(part) && running == next) {
                next.told.add(part);
                report(part, part.state());
            }
        });
    }

    /** It runs, in whichever incarnation by now, and has not failed. */
    private boolean isLive(Part part) {
        Running now = running;
        return now != null && now.has(part) && part.failed == null;
    }

    private void restore(Running incarnation, Part part) {
        if (!isLive(part)) {
            return;
        }
        if (simulation.isHdfsAway()) {
            fail(part, FailureKind.TRANSIENT, "The checkpoint can't be read.", "");
            return;
        }
        Deploy deploy = incarnation.deploy;
        Invariant.check(
                deploy.getHeld() || !deploy.getRestoreMetadataPath().startsWith("savepoints/"),
                "a job that goes on is restored from a savepoint: %s",
                deploy);
        if (deploy.getRestoreCheckpoint() > 0) {
            CheckpointMetadata metadata = read(deploy);
            if (metadata == null) {
                fail(part, FailureKind.FATAL, "The checkpoint is gone.", "");
                return;
            }
            List<Subtask> restored = new ArrayList<>();
            for (Subtask fresh : part.subtasks) {
                OperatorSnapshot operator = OperatorState.lanes(metadata)
                        .filter(lane -> OperatorState.of(lane).subtask().equals(fresh.id))
                        .findFirst()
                        .orElseThrow();
                OperatorState state = OperatorState.of(operator);
                boolean isLost =
                        simulation.is(Variant.MOVED_STATE_IS_LOST) && operator.getSubtask() != fresh.of.index();
                restored.add(
                        isLost
                                ? fresh
                                : new Subtask(fresh.id, fresh.of, state.position(), operator.getKeyedStateList()));
                if (!simulation.is(Variant.PENDING_COMMITS_DROPPED)) {
                    state.pending().forEach(each -> simulation.sink().commit(each, deploy.getRestoreCheckpoint()));
                }
            }
            part.subtasks.clear();
            part.subtasks.addAll(restored);
        }
        later(25, () -> start(incarnation, part));
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

    private void start(Running incarnation, Part part) {
        if (isLive(part)) {
            part.started = true;
            incarnation.told.add(part);
            report(part, SubtaskState.SUBTASK_RUNNING);
            later(150, () -> read(part));
        }
    }

    /** Reads one number for each subtask, or fails; ends when there are no more. */
    private void read(Part part) {
        if (!isLive(part) || part.drained) {
            return;
        }
        if (simulation.chance(Fault.SUBTASK_FAILS, 0.01)) {
            fail(part, FailureKind.USER_CODE, "Simulated.", "");
            return;
        }
        if (part.heldBy != 0 && !simulation.is(Variant.STOPPED_READS_ON)) {
            later(150, () -> read(part));
            return;
        }
        int total = simulation.scenario().total();
        for (Subtask subtask : part.subtasks) {
            subtask.position = Math.min(total, subtask.position + 1);
            simulation.onRead(subtask.id, part.since, running == null ? 0 : running.incarnation(), subtask.position);
        }
        if (part.subtasks.stream().allMatch(subtask -> subtask.position == total)) {
            part.drained = true;
            report(part, SubtaskState.SUBTASK_DRAINED);
        } else {
            later(150, () -> read(part));
        }
    }

    /** A peer's connection has been reset. */
    void onPeerLost(ExecutorId peer) {
        if (running != null) {
            for (Part part : List.copyOf(running.parts.values())) {
                if (part.peers.contains(peer) && part.failed == null && !part.finished) {
                    fail(part, FailureKind.EXECUTOR_LOST, "The connection to " + peer + " was reset.", peer.value());
                }
            }
        }
    }

    private void fail(Part part, FailureKind kind, String sentence, String lost) {
        part.failed = Failure.newBuilder()
                .setKind(kind)
                .setMessage(sentence)
                .setExecutorId(lost)
                .build();
        simulation.onReasonToRestart(part.region);
        Running now = running;
        if (now != null) {
            SubtaskReport failed = failure(now.deploy, part);
            tell(connection -> new MasterEvent.SubtaskReported(id, connection, failed));
        }
    }

    private static SubtaskReport failure(Deploy deploy, Part part) {
        Failure failed = part.failed == null ? Failure.getDefaultInstance() : part.failed;
        return report(deploy, part.subtasks.get(0).of, SubtaskState.SUBTASK_FAILED).toBuilder()
                .setFailure(failed)
                .build();
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
        Invariant.check(
                incarnation.told.containsAll(incarnation.parts.values()),
                "a checkpoint is triggered before every subtask runs: %s",
                trigger);
        Invariant.check(
                !trigger.getTerminal() || incarnation.parts.values().stream().allMatch(part -> part.drained),
                "terminal before the input has ended: %s",
                trigger);
        long durable = simulation.journal().newestOf(incarnation.incarnation());
        Invariant.check(
                durable <= incarnation.completedCheckpoint || durable >= trigger.getCheckpoint(),
                "checkpoint %d is complete, this executor was not told, and the next is triggered: %s",
                durable,
                trigger);
        simulation.onTriggered(trigger, epoch);
        incarnation.highestCheckpoint = trigger.getCheckpoint();
        if (incarnation.parts.values().stream().anyMatch(part -> part.failed != null)) {
            return;
        }
        List<SubtaskSnapshot> parts = new ArrayList<>();
        incarnation.parts.values().forEach(part -> {
            release(part, trigger.getCheckpoint());
            part.heldBy = trigger.getKind() == CutKind.CUT_FOR_STOP ? trigger.getCheckpoint() : part.heldBy;
            parts.addAll(cut(incarnation, part, trigger));
        });
        Runnable acknowledges = () -> acknowledge(incarnation, trigger, parts);
        if (simulation.is(Variant.ACKNOWLEDGED_BEFORE_STORED)) {
            acknowledges.run();
            later(100, () -> upload(incarnation, trigger, parts, () -> {}));
        } else {
            later(25, () -> upload(incarnation, trigger, parts, () -> later(10, acknowledges)));
        }
    }

    /** What was to stop the job is given up, or was, as something else is begun. */
    private void release(Part part, long upTo) {
        if (part.heldBy <= upTo && !simulation.is(Variant.STOP_HOLDS_FOR_GOOD)) {
            part.heldBy = 0;
        }
    }

    private List<SubtaskSnapshot> cut(Running incarnation, Part part, TriggerCheckpoint trigger) {
        Map<SubtaskId, SubtaskSnapshot.Builder> snapshots = new TreeMap<>();
        for (Subtask lane : part.subtasks) {
            OperatorSnapshot operator = cut(incarnation, part, lane, trigger);
            SubtaskSnapshot.Builder snapshot = snapshots.computeIfAbsent(
                    lane.of,
                    subtask -> SubtaskSnapshot.newBuilder()
                            .setVertex(subtask.vertex().value())
                            .setSubtask(subtask.index()));
            snapshot.setBytes(snapshot.getBytes() + 1).addOperators(operator);
        }
        return snapshots.values().stream().map(SubtaskSnapshot.Builder::build).toList();
    }

    /** Adds what is new since the last one that it knows to be stored, or writes all of it anew, as for a savepoint. */
    private OperatorSnapshot cut(Running incarnation, Part part, Subtask subtask, TriggerCheckpoint trigger) {
        long checkpoint = trigger.getCheckpoint();
        boolean isSavepoint = trigger.getKind() != CutKind.CUT_FOR_CHECKPOINT;
        Invariant.check(
                isSavepoint != trigger.getSavepointDirectory().isEmpty(),
                "a savepoint without a directory, or a checkpoint with one: %s",
                trigger);
        if (subtask.cut < subtask.position) {
            subtask.pending.add(
                    new SimulatedSink.Transaction(subtask.id, part.since, checkpoint, subtask.cut, subtask.position));
        }
        subtask.cut = subtask.position;
        boolean whole = isSavepoint || simulation.between(0, 4) == 0;
        List<Segment> chain = new ArrayList<>(whole ? List.of() : subtask.base);
        long from = chain.isEmpty()
                ? 0
                : chain.get(chain.size() - 1).getOffset()
                        + chain.get(chain.size() - 1).getLength();
        if (from < subtask.position) {
            chain.add(Segment.newBuilder()
                    .setFile((isSavepoint ? "" : "chk-" + checkpoint + "/") + id.value() + "-"
                            + incarnation.incarnation() + "-" + checkpoint)
                    .setCheckpoint(checkpoint)
                    .setOffset(from)
                    .setLength(subtask.position - from)
                    .build());
        }
        if (!isSavepoint || part.heldBy == checkpoint) {
            subtask.cuts.put(checkpoint, chain);
        }
        if (isSavepoint && simulation.is(Variant.SAVEPOINT_IS_A_BASE)) {
            subtask.base = chain;
        }
        boolean commits = isSavepoint
                ? simulation.is(Variant.SAVEPOINT_COMMITS)
                : simulation.is(Variant.COMMIT_AT_ACKNOWLEDGEMENT);
        if (commits) {
            subtask.pending.forEach(each -> simulation.sink().commit(each, checkpoint));
        }
        return OperatorSnapshot.newBuilder()
                .setOperatorUid("numbers-" + part.region)
                .setSubtask(subtask.of.index())
                .addAllKeyedState(chain)
                .setSmallOperatorState(
                        new OperatorState(subtask.id, part.since, subtask.position, subtask.pending).toBytes())
                .build();
    }

    private void upload(Running incarnation, TriggerCheckpoint trigger, List<SubtaskSnapshot> parts, Runnable then) {
        if (isGone(incarnation)) {
            return;
        }
        boolean fails = simulation.isHdfsAway() || simulation.chance(Fault.UPLOAD_FAILS, 0.01);
        if (!fails) {
            for (SubtaskSnapshot part : parts) {
                for (OperatorSnapshot lane : part.getOperatorsList()) {
                    lane.getKeyedStateList().stream()
                            .filter(segment -> segment.getCheckpoint() == trigger.getCheckpoint())
                            .forEach(segment -> simulation
                                    .store()
                                    .put(segment, OperatorState.of(lane).subtask(), trigger.getSavepointDirectory()));
                }
            }
        }
        if (fails
                || simulation.chance(Fault.UPLOAD_IS_WRITTEN_BUT_REPORTED_FAILED, 0.01)
                || simulation.chance(Fault.CHECKPOINT_IS_DECLINED, 0.02)) {
            decline(trigger);
        } else {
            if (trigger.getSavepointDirectory().isEmpty()) {
                incarnation.parts.values().stream()
                        .flatMap(part -> part.subtasks.stream())
                        .forEach(subtask -> subtask.stored.add(trigger.getCheckpoint()));
            }
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
        if (isGone(incarnation) || simulation.chance(Fault.ACKNOWLEDGEMENT_IS_LOST, 0.01)) {
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
        Map<SubtaskId, Long> now = new TreeMap<>();
        incarnation.parts.values().stream()
                .flatMap(part -> part.subtasks.stream())
                .forEach(lane -> now.put(lane.id, lane.position));
        parts.forEach(
                part -> acknowledged.addSubtasks(simulation.is(Variant.POSITION_AFTER_CUT) ? later(part, now) : part));
        tell(connection -> new MasterEvent.CheckpointAcknowledgedBy(id, connection, acknowledged.build()));
    }

    private static SubtaskSnapshot later(SubtaskSnapshot part, Map<SubtaskId, Long> now) {
        SubtaskSnapshot.Builder later = part.toBuilder();
        for (OperatorSnapshot.Builder lane : later.getOperatorsBuilderList()) {
            OperatorState cut = OperatorState.parse(lane.getSmallOperatorState());
            long position = now.getOrDefault(cut.subtask(), cut.position());
            lane.setSmallOperatorState(
                    new OperatorState(cut.subtask(), cut.since(), position, cut.pending()).toBytes());
        }
        return later.build();
    }

    private void abort(long incarnationNumber, long checkpoint) {
        Running incarnation = running;
        if (incarnation == null || incarnationNumber != incarnation.incarnation()) {
            return;
        }
        incarnation.abortedCheckpoint = Math.max(incarnation.abortedCheckpoint, checkpoint);
        incarnation.parts.values().forEach(part -> {
            release(part, checkpoint);
            part.subtasks.forEach(subtask -> subtask.abort(checkpoint));
        });
        if (simulation.is(Variant.ABORT_DROPS_OUTPUT)) {
            incarnation
                    .parts
                    .values()
                    .forEach(part -> part.subtasks.forEach(
                            subtask -> subtask.pending.removeIf(each -> each.checkpoint() == checkpoint)));
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
        if (incarnation.deploy.getHeld()) {
            finish(incarnation);
            return;
        }
        for (Part part : incarnation.parts.values()) {
            for (Subtask subtask : part.subtasks) {
                Invariant.check(
                        subtask.cuts.containsKey(checkpoint) || checkpoint <= incarnation.completedCheckpoint,
                        "complete without this part: %s",
                        complete);
                complete(subtask, checkpoint);
            }
        }
        incarnation.completedCheckpoint = checkpoint;
        if (complete.getTerminal()) {
            finish(incarnation);
        }
    }

    private void finish(Running incarnation) {
        incarnation.parts.values().stream().filter(part -> part.started).forEach(part -> {
            part.finished = true;
            report(part, SubtaskState.SUBTASK_FINISHED);
        });
    }

    private void complete(Subtask subtask, long checkpoint) {
        List<Segment> chain = subtask.cuts.get(checkpoint);
        if (chain == null) {
            return;
        }
        subtask.base = chain;
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

    // ---- details -------------------------------------------------------------------------------------------------

    /** The upload of an incarnation that is over may end all the same. */
    private boolean isGone(Running incarnation) {
        return running != incarnation && simulation.between(0, 2) == 0;
    }

    /** What goes on in a newer incarnation is told once that is prepared. */
    private void report(Part part, SubtaskState state) {
        Running now = running;
        if (now == null || !now.told.contains(part)) {
            return;
        }
        part.owners().forEach(subtask -> {
            SubtaskReport report = report(now.deploy, subtask, state);
            tell(connection -> new MasterEvent.SubtaskReported(id, connection, report));
        });
    }

    private static SubtaskReport report(Deploy deploy, SubtaskId subtask, SubtaskState state) {
        return SubtaskReport.newBuilder()
                .setJobId(deploy.getJobId())
                .setIncarnation(deploy.getIncarnation())
                .setVertex(subtask.vertex().value())
                .setSubtask(subtask.index())
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
