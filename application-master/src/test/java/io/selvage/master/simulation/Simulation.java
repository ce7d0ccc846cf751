package io.selvage.master.simulation;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.IncarnationFailed;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.OperatorMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.TakeSavepointRequest;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.protocol.wire.VertexMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One seed: masters, executors, journal, HDFS and YARN under a virtual clock. Everything that is random comes from the
 * seed, and everything happens in one thread, so that a seed replays exactly.
 *
 * <p>Faults stop after a while: from then on checkpoints and the job must come to their ends within a bound.
 */
final class Simulation {
    static final String JOB = "job-sim";
    /** After the faults: until a checkpoint completes, or the job ends. */
    static final long CHECKPOINT_BOUND_MILLIS = 45_000;
    /** After the faults: until the job has ended. */
    static final long END_BOUND_MILLIS = 120_000;
    /** After the job's end: until no executor is left. */
    static final long IDLE_BOUND_MILLIS = 60_000;

    private static final int MAX_STEPS = 200_000;
    private static final RequestId SUBMIT = new RequestId(1);
    private static final RequestId CANCEL = new RequestId(2);
    private static final RequestId STOP = new RequestId(3);
    private static final RequestId SAVEPOINT = new RequestId(4);
    private static final RequestId CHECKPOINT = new RequestId(5);
    private static final RequestId RESCALE = new RequestId(6);
    private static final String GRAPH = "hdfs://nn/app/job-sim/graph.pb";
    /** After the faults, and after it was asked for: until a savepoint is complete or has failed. */
    static final long SAVEPOINT_BOUND_MILLIS = 15_000;
    /** The same until a job that is to have another parallelism has it, or will not get it. */
    static final long RESCALE_BOUND_MILLIS = 60_000;

    /** What happens at a time; equal times in the order of planning. */
    private record Step(long atMillis, long order, Runnable action) {}

    private final long seed;
    private final SplittableRandom random;
    private final Scenario scenario;
    private final Variant variant;
    private final boolean tracing;
    private final StringBuilder trace = new StringBuilder();
    private final PriorityQueue<Step> steps =
            new PriorityQueue<>(Comparator.comparingLong(Step::atMillis).thenComparingLong(Step::order));
    private final SimulatedStore store = new SimulatedStore(this);
    private final SimulatedJournal journal = new SimulatedJournal(this);
    private final SimulatedSink sink = new SimulatedSink(this);
    private final SimulatedYarn yarn;
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private final Map<String, Integer> deaths = new HashMap<>();
    private final Set<Stream> streams = new HashSet<>();
    private long nowMillis;
    private long order;
    private long lastConnection;
    private long hdfsBackMillis;
    private boolean submissionAnswered;
    /** What a client wants, if it wants one now; asked for under a new id if the master does not know it. */
    private @Nullable TakeSavepointRequest savepointWanted;

    /** A checkpoint above this one was granted to a client, by whichever master; 0: none is awaited. */
    private long checkpointAfter;

    private long checkpointsGranted;
    /** Another parallelism that a client wants, if it wants one now. */
    private @Nullable RescaleJobRequest rescaleWanted;

    private long rescaleAskedMillis;
    private long rescalesAsked;
    private long rescales;
    /** In HDFS, by their paths: what each vertex has. */
    private final Map<String, Map<VertexId, Integer>> graphs = new HashMap<>();

    private long savepointAskedMillis;
    private long savepointsAsked;
    private long savepointsComplete;
    private long stopsComplete;
    private boolean stopWanted;
    private boolean stopDurable;
    /** YARN knows of it. */
    private boolean sessionOver;

    private boolean filesDeleted;
    private long endedMillis = Long.MAX_VALUE;
    private long faultyMillis;
    private boolean faultsEnded;
    /** What ends with the faults. */
    private final List<Runnable> repairs = new ArrayList<>();

    private int checkpointsSinceFaults;

    /** Executors that the newest incarnation has reached. */
    private final Set<ExecutorId> reached = new HashSet<>();

    private boolean isReached;
    /** Regions in which something has gone wrong since they were started. */
    private final Set<Integer> restartDue;
    /** Regions that have taken part in a checkpoint, complete or not, since they were started. */
    private final Set<Integer> settled = new HashSet<>();

    private int lastingReasons;
    /** The newest master may yet have to take over what runs: it takes that over as a whole, or starts all anew. */
    private boolean isAdopting;
    /** How far each subtask has read, by the incarnation that has started it. */
    private final Map<SubtaskId, Map<Long, Long>> read = new HashMap<>();

    private long partialRestarts;
    private long failuresByCheckpoints;
    /** The epoch that has triggered a checkpoint, by incarnation and checkpoint. */
    private final Map<Long, Map<Long, Long>> triggered = new HashMap<>();

    Simulation(long seed, boolean tracing) {
        this(seed, tracing, Variant.SOUND);
    }

    Simulation(long seed, boolean tracing, Variant variant) {
        this.seed = seed;
        this.yarn = new SimulatedYarn(this);
        this.random = new SplittableRandom(seed);
        this.tracing = tracing;
        this.variant = variant;
        this.scenario = Scenario.of(random);
        this.faultyMillis = scenario.faultyMillis();
        this.restartDue = new HashSet<>(scenario.regions());
    }

    /** Runs until the job has ended and nothing is left of it. */
    void run() {
        trace("%s", scenario);
        yarn.startAttempt();
        plan(50, this::submit);
        plan(between(100, 2_000), this::breakSomething);
        plan(1_000, this::heartbeats);
        planAt(faultyMillis, this::endFaults);
        for (int step = 0; !isOver(); step++) {
            Invariant.check(step < MAX_STEPS, "there is no end in %d steps: %s", MAX_STEPS, journal.job());
            Step next = steps.remove();
            nowMillis = next.atMillis();
            next.action().run();
        }
        checkOutput();
        yarn.checkAvoided();
    }

    private boolean isOver() {
        boolean idle = !isFaulty() && yarn.containerCount() == 0 && !isSessionToEnd();
        return sessionOver ? isLastMasterDone() : endedMillis < nowMillis && idle;
    }

    /** YARN starts no other, so that what this one has not deleted stays until somebody sweeps. */
    private boolean isLastMasterDone() {
        return filesDeleted || !yarn.attempt().orElseThrow().process().lives();
    }

    private boolean isSessionToEnd() {
        return stopWanted || scenario.only();
    }

    // ---- results -------------------------------------------------------------------------------------------------

    /** Which faults there were, and how often. */
    Map<Fault, Integer> faults() {
        return faults;
    }

    /** How often a master has died at which label. */
    Map<String, Integer> deaths() {
        return deaths;
    }

    Optional<JobOutcome> outcome() {
        return journal.job().map(job -> job.getEnded().getOutcome());
    }

    String trace() {
        return trace.toString();
    }

    /** How often checkpoints of one incarnation were triggered by more than one master. */
    long adoptions() {
        return triggered.values().stream()
                .mapToLong(epochs -> epochs.values().stream().distinct().count() - 1)
                .sum();
    }

    /** How many savepoints a client was told to be complete. */
    long savepoints() {
        return savepointsComplete;
    }

    /** How many checkpoints a client was granted. */
    long checkpointsGranted() {
        return checkpointsGranted;
    }

    /** How many incarnations have failed because of checkpoints. */
    long failuresByCheckpoints() {
        return failuresByCheckpoints;
    }

    /** How many checkpoints have built on what an aborted one had stored. */
    int builtOnAborted() {
        return store.builtOnAborted();
    }

    /** Whether a checkpoint has outlived its job. */
    boolean isCheckpointRetained() {
        return journal.retained().isPresent();
    }

    /** How many jobs were stopped with one. */
    long stops() {
        return stopsComplete;
    }

    /** Whether the application was for the job alone, and has ended with it. */
    boolean isApplicationEnded() {
        return scenario.only() && sessionOver;
    }

    /** How many executors were ended because they used more memory than they had. */
    int memoryKills() {
        return yarn.memoryKills();
    }

    /** How often a node was excluded because executors had failed there. */
    int exclusions() {
        return yarn.exclusions();
    }

    /** How many incarnations have carried a region over. */
    long partialRestarts() {
        return partialRestarts;
    }

    // ---- what must hold in the end -------------------------------------------------------------------------------

    private void checkCheckpoints() {
        Invariant.check(
                checkpointsSinceFaults > 0 || endedMillis < Long.MAX_VALUE || sessionOver,
                "no checkpoint completes for %d ms after the last fault: %s",
                CHECKPOINT_BOUND_MILLIS,
                journal.job());
        // Numbers go on above it, whichever master takes the next one: so a client can wait for what it was promised.
        Invariant.check(
                journal.job().map(job -> job.getCheckpoint().getCheckpoint()).orElse(0L) > checkpointAfter
                        || checkpointsGranted == 0
                        || endedMillis < Long.MAX_VALUE
                        || sessionOver,
                "a client was granted a checkpoint above %d, and there is none: %s",
                checkpointAfter,
                journal.job());
    }

    private void checkEnd() {
        Invariant.check(
                endedMillis < Long.MAX_VALUE || sessionOver,
                "the job does not come to its end for %d ms after the last fault: %s",
                END_BOUND_MILLIS,
                journal.job());
    }

    private void checkIdle() {
        Invariant.check(
                yarn.containerCount() == 0 || sessionOver,
                "%d containers are left when the job has ended: %s",
                yarn.containerCount(),
                yarn.executors().stream().map(SimulatedExecutor::id).toList());
        Invariant.check(!isSessionToEnd() || sessionOver, "the session is to be stopped, and does not end");
    }

    private void checkOutput() {
        journal.retained().ifPresent(store::verify);
        JournaledJob job = journal.job().orElse(null);
        if (job == null || job.getEnded().getOutcome() != JobOutcome.JOB_FINISHED) {
            Invariant.check(
                    job == null || job.getEnded().getOutcome() == JobOutcome.JOB_CANCELED, "it has failed: %s", job);
            return;
        }
        Invariant.check(job.getCheckpoint().getTerminal(), "finished without a terminal checkpoint: %s", job);
        Map<SubtaskId, Long> expected = new HashMap<>();
        scenario.subtasks().forEach(subtask -> expected.put(subtask, (long) scenario.total()));
        if (!job.getCheckpoint().getStoppedBy().isEmpty()) {
            // As far as the savepoint says, not more and not less.
            stopsComplete++;
            OperatorState.lanes(store.verify(job.getCheckpoint()))
                    .map(OperatorState::of)
                    .forEach(lane -> expected.put(lane.subtask(), lane.position()));
        }
        for (SubtaskId subtask : scenario.subtasks()) {
            Invariant.check(
                    sink.committed(subtask) == expected.getOrDefault(subtask, -1L),
                    "finished, but subtask %s has committed %d, not %d",
                    subtask,
                    sink.committed(subtask),
                    expected.get(subtask));
        }
    }

    // ---- faults --------------------------------------------------------------------------------------------------

    boolean isFaulty() {
        return nowMillis < faultyMillis;
    }

    /** Whether it will happen, and is counted once it does. */
    boolean draw(Fault fault, double probability) {
        return isFaulty() && scenario.faults().contains(fault) && random.nextDouble() < probability * scenario.pace();
    }

    boolean chance(Fault fault, double probability) {
        boolean happens = draw(fault, probability);
        if (happens) {
            count(fault);
        }
        return happens;
    }

    private void count(Fault fault) {
        trace("fault: %s", fault);
        faults.merge(fault, 1, Integer::sum);
    }

    void onDeathAt(Label label, boolean before) {
        count(Fault.MASTER_DIES_AT_A_LABEL);
        deaths.merge((before ? "before " : "after ") + label, 1, Integer::sum);
    }

    /** At the latest when the job has ended: what comes then is not what is simulated. */
    private void endFaults() {
        if (faultsEnded) {
            return;
        }
        faultsEnded = true;
        faultyMillis = nowMillis;
        repairs.forEach(Runnable::run);
        planAt(faultyMillis + CHECKPOINT_BOUND_MILLIS, this::checkCheckpoints);
        planAt(faultyMillis + END_BOUND_MILLIS, this::checkEnd);
    }

    /** Does something when the faults are over. */
    void onceRepaired(Runnable repair) {
        if (faultsEnded) {
            repair.run();
        } else {
            repairs.add(repair);
        }
    }

    private void breakSomething() {
        if (!isFaulty()) {
            return;
        }
        Fault[] kinds = {
            Fault.EXECUTOR_DIES,
            Fault.EXECUTOR_FREEZES,
            Fault.STREAM_BREAKS,
            Fault.STREAM_GOES_SILENT,
            Fault.MASTER_DIES_AT_AN_ACTION,
            Fault.MASTER_DIES_AT_AN_ACTION,
            Fault.MASTER_FREEZES,
            Fault.MASTER_IS_TAKEN_FOR_DEAD,
            Fault.HDFS_IS_AWAY,
            Fault.RM_RESTARTS,
            Fault.PREEMPTION,
            Fault.NODE_IS_LOST,
            Fault.NO_EXECUTOR_STARTS,
            Fault.CLIENT_CANCELS,
            Fault.CLIENT_TAKES_A_SAVEPOINT,
            Fault.CLIENT_TAKES_A_SAVEPOINT,
            Fault.CLIENT_WANTS_A_CHECKPOINT,
            Fault.CLIENT_RESCALES_THE_JOB,
            Fault.CLIENT_STOPS_THE_JOB,
            Fault.CLIENT_STOPS_THE_SESSION
        };
        Fault kind = kinds[between(0, kinds.length)];
        if (scenario.faults().contains(kind)) {
            breakOne(kind);
        }
        plan((long) (between(100, 1_500) / scenario.pace()), this::breakSomething);
    }

    private void breakOne(Fault kind) {
        switch (kind) {
            case EXECUTOR_DIES ->
                pick().ifPresent(executor -> {
                    count(kind);
                    yarn.end(executor.id(), 137);
                });
            case EXECUTOR_FREEZES ->
                pick().ifPresent(executor -> {
                    count(kind);
                    onLastingReason();
                    long held = between(500, 10_000);
                    executor.process().freeze(held);
                    plan(held, this::onReasonGone);
                });
            case STREAM_BREAKS ->
                pick().map(SimulatedExecutor::stream).ifPresent(stream -> {
                    count(kind);
                    onReasonToRestart();
                    stream.breaks();
                });
            case STREAM_GOES_SILENT ->
                pick().map(SimulatedExecutor::stream).ifPresent(stream -> {
                    count(kind);
                    stream.goSilent();
                });
            case MASTER_DIES_AT_AN_ACTION ->
                leader().ifPresent(master -> {
                    count(kind);
                    master.dieSoon();
                });
            case MASTER_FREEZES -> leader().ifPresent(this::freeze);
            case MASTER_IS_TAKEN_FOR_DEAD ->
                leader().ifPresent(master -> {
                    count(kind);
                    yarn.startAttempt();
                });
            case HDFS_IS_AWAY -> {
                count(kind);
                hdfsBackMillis = nowMillis + between(100, 6_000);
            }
            case RM_RESTARTS -> {
                count(kind);
                yarn.restart(between(500, 3_000));
            }
            case PREEMPTION ->
                pick().ifPresent(executor -> {
                    count(kind);
                    yarn.announcePreemption(executor);
                });
            case NODE_IS_LOST ->
                pick().filter(any -> between(0, 3) == 0).ifPresent(executor -> {
                    count(kind);
                    yarn.loseNode(yarn.nodeOf(executor.id()));
                });
            case NO_EXECUTOR_STARTS ->
                // A job that has not run yet may end of it.
                journal.job()
                        .filter(job -> job.hasCheckpoint() && between(0, 3) == 0)
                        .ifPresent(job -> {
                            count(kind);
                            yarn.startNothing(between(5, 8));
                        });
            case CLIENT_CANCELS ->
                leader().filter(any -> between(0, 6) == 0).ifPresent(master -> {
                    count(kind);
                    master.rushTo(between(0, 3) == 0 ? Label.END_JOB : between(0, 2) == 0 ? Label.STOP : Label.CANCEL);
                    cancel();
                });
            case CLIENT_TAKES_A_SAVEPOINT -> {
                if (savepointWanted == null) {
                    count(kind);
                    wantSavepoint(false);
                }
            }
            case CLIENT_WANTS_A_CHECKPOINT -> {
                count(kind);
                ask(new MasterEvent.CheckpointRequested(CHECKPOINT, JOB));
            }
            case CLIENT_RESCALES_THE_JOB -> {
                if (rescaleWanted == null && endedMillis == Long.MAX_VALUE) {
                    count(kind);
                    leader().filter(any -> between(0, 2) == 0).ifPresent(master -> master.rushTo(Label.RESTART));
                    wantRescale();
                }
            }
            case CLIENT_STOPS_THE_JOB -> {
                if (savepointWanted == null && between(0, 4) == 0) {
                    count(kind);
                    leader().filter(any -> between(0, 2) == 0).ifPresent(master -> master.rushTo(Label.PUBLISH));
                    wantSavepoint(true);
                    if (scenario.faults().contains(Fault.HDFS_IS_AWAY) && between(0, 2) == 0) {
                        // So that it fails, and the job has to go on.
                        hdfsBackMillis = Math.max(hdfsBackMillis, nowMillis + between(100, 3_000));
                    }
                }
            }
            case CLIENT_STOPS_THE_SESSION ->
                leader().filter(any -> between(0, 10) == 0).ifPresent(master -> {
                    count(kind);
                    stopWanted = true;
                    master.rushTo(between(0, 3) == 0 ? Label.RELEASE : Label.STOP_SESSION);
                    stopSession();
                });
            default -> throw new IllegalStateException(kind + " does not happen by itself.");
        }
    }

    /** The executors notice sooner or later, and have YARN fail the attempt. */
    private void freeze(SimulatedMaster master) {
        count(Fault.MASTER_FREEZES);
        long held = between(200, 12_000);
        master.process().freeze(held);
        long noticed = between(3_000, 8_000);
        if (noticed < held) {
            plan(noticed, () -> {
                if (yarn.attempt().orElseThrow() == master && master.process().lives() && !sessionOver) {
                    yarn.startAttempt();
                }
            });
        }
        if (between(0, 3) == 0) {
            plan(held, master::end);
        } else if (scenario.faults().contains(Fault.HDFS_IS_AWAY)) {
            // It wakes up, and can't know for a while whether it is still the newest.
            long away = between(0, 10_000);
            plan(held - between(0, 200), () -> hdfsBackMillis = Math.max(hdfsBackMillis, nowMillis + away));
        }
    }

    private Optional<SimulatedExecutor> pick() {
        List<SimulatedExecutor> all = List.copyOf(yarn.executors());
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(between(0, all.size())));
    }

    private Optional<SimulatedMaster> leader() {
        return yarn.attempt().filter(SimulatedMaster::leads);
    }

    // ---- clients -------------------------------------------------------------------------------------------------

    private void submit() {
        if (submissionAnswered || sessionOver || stopWanted) {
            return;
        }
        ask(new MasterEvent.SubmissionRequested(SUBMIT, submission()));
        plan(1_000, this::submit);
    }

    /** As a client makes it, or as it comes with an application that is for this job alone. */
    SubmitJobRequest submission() {
        return SubmitJobRequest.newBuilder()
                .setJobId(JOB)
                .setName("simulated")
                .setGraphPath(GRAPH)
                .putSettings("selvage.checkpoint.interval", scenario.intervalMillis() + "ms")
                .putSettings("selvage.checkpoint.timeout", "2s")
                .putSettings("selvage.checkpoint.retained", String.valueOf(scenario.retained()))
                .putSettings("selvage.checkpoint.on-cancel", scenario.retains() ? "retain" : "delete")
                .putSettings(
                        "selvage.checkpoint.tolerated-failures",
                        scenario.tolerated() < 0 ? "unlimited" : String.valueOf(scenario.tolerated()))
                .putSettings("selvage.restart.attempts", "1000")
                .putSettings("selvage.restart.max-delay", "1s")
                .build();
    }

    private void cancel() {
        if (endedMillis == Long.MAX_VALUE && !sessionOver) {
            ask(new MasterEvent.CancelRequested(CANCEL, JOB));
        }
    }

    private void wantSavepoint(boolean stops) {
        savepointAskedMillis = nowMillis;
        savepointWanted = TakeSavepointRequest.newBuilder()
                .setJobId(JOB)
                .setSavepointId(String.format("%012x", ++savepointsAsked))
                .setStop(stops)
                .build();
        ask(new MasterEvent.SavepointRequested(SAVEPOINT, savepointWanted));
        plan(300, this::askForSavepoint);
    }

    /** As the command does: until it is known how it stands, by the master of the moment. */
    private void askForSavepoint() {
        TakeSavepointRequest wanted = savepointWanted;
        if (wanted == null || sessionOver || endedMillis < nowMillis - 1_000) {
            savepointWanted = null;
            return;
        }
        ask(new MasterEvent.SavepointQueried(
                SAVEPOINT,
                DescribeSavepointRequest.newBuilder()
                        .setJobId(JOB)
                        .setSavepointId(wanted.getSavepointId())
                        .build()));
        Invariant.check(
                nowMillis - Math.max(faultyMillis, savepointAskedMillis) < SAVEPOINT_BOUND_MILLIS,
                "a savepoint is neither taken nor failed: %s",
                wanted);
        plan(300, this::askForSavepoint);
    }

    private void onSavepoint(SavepointDescription answer) {
        TakeSavepointRequest wanted = savepointWanted;
        if (wanted == null) {
            return;
        }
        switch (answer.getState()) {
            case SAVEPOINT_COMPLETED -> {
                Invariant.check(
                        answer.getPath().endsWith(wanted.getSavepointId()), "another savepoint is told: %s", answer);
                Invariant.check(
                        !wanted.getStop()
                                || journal.job()
                                        .map(job -> job.getCheckpoint().getStoppedBy())
                                        .orElse("")
                                        .equals(wanted.getSavepointId()),
                        "told to be stopped, but not durable: %s",
                        answer);
                savepointsComplete++;
                savepointWanted = null;
                store.toldComplete(answer.getPath());
            }
            case SAVEPOINT_FAILED, SAVEPOINT_REFUSED -> savepointWanted = null;
            case SAVEPOINT_UNKNOWN -> wantSavepoint(wanted.getStop());
            case SAVEPOINT_WAITING, SAVEPOINT_RUNNING -> {}
            case SAVEPOINT_STATE_UNSPECIFIED, UNRECOGNIZED -> throw new AssertionError(answer);
        }
    }

    private void wantRescale() {
        List<Integer> regions = List.copyOf(scenario.regions());
        int region = regions.get(between(0, regions.size()));
        rescaleAskedMillis = nowMillis;
        rescaleWanted = RescaleJobRequest.newBuilder()
                .setJobId(JOB)
                .setRescaleId(String.format("%012x", ++rescalesAsked))
                .putOfUid("numbers-" + region, between(1, scenario.parallelismOf(region) + 1))
                .build();
        askForRescale();
    }

    /** As the command does: until it has it, or will not get it. */
    private void askForRescale() {
        RescaleJobRequest wanted = rescaleWanted;
        if (wanted == null || sessionOver || endedMillis < nowMillis - 1_000) {
            rescaleWanted = null;
            return;
        }
        ask(new MasterEvent.RescaleRequested(RESCALE, wanted));
        Invariant.check(
                nowMillis - Math.max(faultyMillis, rescaleAskedMillis) < RESCALE_BOUND_MILLIS,
                "another parallelism is neither there nor given up: %s",
                wanted);
        plan(300, this::askForRescale);
    }

    private void onRescale(RescaleJobResponse answer) {
        RescaleJobRequest wanted = rescaleWanted;
        if (wanted == null) {
            return;
        }
        switch (answer.getState()) {
            case RESCALE_DONE -> {
                for (VertexMessage vertex : graph(graphOfNewest()).getVerticesList()) {
                    String uid = vertex.getOperators(0).getUid();
                    Invariant.check(
                            vertex.getParallelism() == wanted.getOfUidOrDefault(uid, vertex.getParallelism()),
                            "told to have another parallelism, but not durable: %s, %s",
                            wanted,
                            vertex);
                }
                rescaleWanted = null;
            }
            case RESCALE_FAILED, RESCALE_REFUSED -> rescaleWanted = null;
            case RESCALE_WAITING -> {}
            case RESCALE_STATE_UNSPECIFIED, UNRECOGNIZED -> throw new AssertionError(answer);
        }
    }

    private String graphOfNewest() {
        return journal.graphPath().isEmpty() ? GRAPH : journal.graphPath();
    }

    void putGraph(String path, Map<VertexId, Integer> parallelism) {
        Invariant.check(graphs.put(path, parallelism) == null, "the graph %s is written twice", path);
    }

    /** An incarnation with another graph than the one before is durable: all starts anew. */
    void onRescaled(String path) {
        Invariant.check(graphs.containsKey(path), "an incarnation is to have a graph that is not there: %s", path);
        rescales++;
        onReasonToRestart();
    }

    /** How often the job has got another parallelism. */
    long rescales() {
        return rescales;
    }

    /** Asks until the session is gone. */
    private void stopSession() {
        if (!sessionOver) {
            ask(new MasterEvent.SessionStopRequested(STOP, "A client wants it."));
            plan(2_000, this::stopSession);
        }
    }

    private void ask(MasterEvent question) {
        leader().ifPresent(master -> master.process().run(() -> master.tell(question)));
    }

    void onReply(MasterAction.Reply reply) {
        if (reply.response() instanceof SavepointDescription answer) {
            onSavepoint(answer);
        }
        if (reply.response() instanceof RescaleJobResponse answer) {
            onRescale(answer);
        }
        if (reply.response() instanceof RequestCheckpointResponse answer
                && answer.getRefusal().isEmpty()) {
            checkpointsGranted++;
            checkpointAfter = Math.max(checkpointAfter, answer.getAfter());
        }
        if (reply.response() instanceof SubmitJobResponse answer
                && answer.getRefusal().isEmpty()) {
            Invariant.check(journal.job().isPresent(), "accepted, but not durable");
            submissionAnswered = true;
        }
        if (reply.response() instanceof CancelJobResponse answer
                && answer.getRefusal().isEmpty()) {
            Invariant.check(
                    journal.job()
                            .filter(job ->
                                    job.getCancelRequested() || job.getEnded().getOutcome() == JobOutcome.JOB_CANCELED)
                            .isPresent(),
                    "cancelled, but not durable: %s",
                    journal.job());
        }
    }

    void onUnregistered(SimulatedMaster master, FinalStatus status) {
        Invariant.check(stopDurable, "epoch %d unregisters, and no record says why", master.epoch());
        JournaledJob job = journal.job().orElse(null);
        Invariant.check(
                job == null || job.hasEnded(),
                "the application has ended before its job, which is alone in it: %s",
                job);
        FinalStatus expected = !scenario.only()
                ? FinalStatus.SUCCEEDED
                : job == null || job.getEnded().getOutcome() == JobOutcome.JOB_CANCELED
                        ? FinalStatus.KILLED
                        : FinalStatus.SUCCEEDED;
        Invariant.check(status == expected, "YARN is told %s, and not %s, of the end of %s", status, expected, job);
        sessionOver = true;
    }

    void onSessionDeleted(SimulatedMaster master) {
        Invariant.check(
                sessionOver, "epoch %d deletes the session's files, and YARN may start another one", master.epoch());
        filesDeleted = true;
    }

    boolean isSessionOver() {
        return sessionOver;
    }

    // ---- what must hold over a master's death --------------------------------------------------------------------

    void onDurable(JournalRecord journaled, long writer) {
        trace("durable, by epoch %d: %s", writer, journaled);
        switch (journaled.getRecordCase()) {
            case EPOCH_STARTED -> onEpochStarted();
            case CHECKPOINT_COMPLETED -> checkpointsSinceFaults += isFaulty() ? 0 : 1;
            case SESSION_STOPPING -> stopDurable = true;
            case JOB_ENDED -> {
                endedMillis = nowMillis;
                plan(0, this::endFaults);
                plan(IDLE_BOUND_MILLIS, this::checkIdle);
            }
            default -> {}
        }
    }

    /**
     * An incarnation that every executor has got runs until something other than the master breaks. And only the
     * regions in which something has broken start anew, once they have run, unless a master dies meanwhile.
     */
    void onIncarnationStarted(Set<Integer> carried, IncarnationFailed after) {
        onFailed(after);
        Invariant.check(
                !restartDue.isEmpty() || lastingReasons > 0 || !isReached,
                "tasks restart, and nothing but a master has died: %s",
                journal.job());
        for (int region : scenario.regions()) {
            if (!carried.contains(region)) {
                Invariant.check(
                        restartDue.contains(region) || lastingReasons > 0 || !settled.contains(region),
                        "region %d restarts, and nothing has gone wrong there: %s",
                        region,
                        journal.job());
                restartDue.remove(region);
                settled.remove(region);
            }
        }
        partialRestarts += carried.isEmpty() ? 0 : 1;
        isAdopting = false;
        isReached = false;
        reached.clear();
    }

    /** Checkpoints that fail are a reason to start all anew, but only if the job's settings say so. */
    void onFailed(IncarnationFailed failed) {
        if (failed.getFailure().getMessage().contains("selvage.checkpoint.tolerated-failures")) {
            Invariant.check(scenario.tolerated() >= 0, "no number of failed checkpoints is too many: %s", failed);
            failuresByCheckpoints++;
            onReasonToRestart();
        }
    }

    /** What has gone wrong, or was not told to all executors, when the master before died is all regions' matter. */
    private void onEpochStarted() {
        isAdopting = true;
        if (!restartDue.isEmpty() || !isReached) {
            onReasonToRestart();
        }
    }

    /** In all regions. */
    void onReasonToRestart() {
        restartDue.addAll(scenario.regions());
    }

    void onReasonToRestart(int region) {
        boolean isLast =
                journal.job().map(job -> job.getCheckpoint().getTerminal()).orElse(false);
        if (isAdopting || isLast) {
            onReasonToRestart();
        } else {
            restartDue.add(region);
        }
    }

    /**
     * What runs never goes back: that takes a start in another incarnation. Nor does it go on once the job is stopped.
     *
     * @param incarnation that it is part of
     */
    void onRead(SubtaskId subtask, long since, long incarnation, long position) {
        journal.job()
                .map(JournaledJob::getCheckpoint)
                .ifPresent(newest -> Invariant.check(
                        newest.getStoppedBy().isEmpty() || incarnation < newest.getIncarnation(),
                        "subtask %s, which runs since incarnation %d, reads %d although the job is stopped: %s",
                        subtask,
                        since,
                        position,
                        newest));
        Long before = read.computeIfAbsent(subtask, any -> new HashMap<>()).put(since, position);
        Invariant.check(
                before == null || before <= position,
                "subtask %s, which runs since incarnation %d, reads %d; it has read %d",
                subtask,
                since,
                position,
                before);
    }

    /** Something is wrong that may be noticed at any time, until {@link #onReasonGone}. */
    void onLastingReason() {
        lastingReasons++;
    }

    void onReasonGone() {
        lastingReasons--;
        onReasonToRestart();
    }

    void onDeployed(Deploy deploy, ExecutorId executor) {
        if (deploy.getIncarnation() < journal.lastIncarnation()) {
            return;
        }
        Invariant.check(
                deploy.getGraphPath().equals(graphOfNewest()),
                "what is deployed has not the graph that is durable, %s: %s",
                graphOfNewest(),
                deploy);
        for (SubtaskPlacement placement : deploy.getSubtasksList()) {
            long start = journal.startOf(placement.getVertex());
            Invariant.check(
                    placement.getSince() == (start == deploy.getIncarnation() ? 0 : start),
                    "what is deployed is not what is durable, %d: %s",
                    start,
                    placement);
        }
        reached.add(executor);
        isReached = deploy.getExecutorsList().stream()
                .allMatch(address -> reached.contains(new ExecutorId(address.getExecutorId())));
    }

    void onTriggered(TriggerCheckpoint trigger, long epoch) {
        Long first = triggered
                .computeIfAbsent(trigger.getIncarnation(), any -> new HashMap<>())
                .putIfAbsent(trigger.getCheckpoint(), epoch);
        Invariant.check(first == null || first == epoch, "epochs %s and %d both trigger %s", first, epoch, trigger);
        if (trigger.getIncarnation() == journal.lastIncarnation()) {
            settled.addAll(scenario.regions());
            isAdopting &= epoch != journal.epoch();
        }
    }

    /** A newer incarnation is durable, or the job's end. */
    boolean isOver(long incarnation) {
        return incarnation < journal.lastIncarnation() || endedMillis < Long.MAX_VALUE;
    }

    /** The journal says why subtasks of an incarnation may be told to stop. */
    boolean mayStop(long incarnation) {
        return sessionOver || journal.mayStop(incarnation);
    }

    // ---- executors and their masters -----------------------------------------------------------------------------

    /** The journal names a new master: executors find it there, soon those without one, later those with one. */
    void onLeading(SimulatedMaster master) {
        yarn.executors().forEach(executor -> {
            int most = executor.stream() == null ? 400 : 2_200;
            plan(between(10, most), () -> executor.process().run(() -> connect(executor, master)));
        });
    }

    /** An executor without a stream looks for the newest master. A master whose stream was lost is not gone back to. */
    void seek(SimulatedExecutor executor) {
        leader().ifPresent(master ->
                plan(between(10, 400), () -> executor.process().run(() -> connect(executor, master))));
    }

    private void connect(SimulatedExecutor executor, SimulatedMaster master) {
        Stream before = executor.stream();
        boolean known = streams.stream()
                .anyMatch(stream ->
                        stream.executor() == executor && stream.master().epoch() >= master.epoch());
        if (known || !yarn.holds(executor) || !master.leads() || master.epoch() != journal.epoch()) {
            return;
        }
        Stream opened = new Stream(this, new ConnectionId(++lastConnection), master, executor);
        streams.add(opened);
        master.accept(executor, opened);
        executor.connect(opened);
        if (before != null && !is(Variant.EPOCH_NOT_CHECKED)) {
            before.breaks();
        }
    }

    void breakStreams(SimulatedExecutor executor) {
        Stream open = executor.stream();
        if (open != null) {
            open.breaks();
        }
        streams.removeIf(stream -> stream.executor() == executor);
    }

    private void heartbeats() {
        List.copyOf(yarn.executors())
                .forEach(executor ->
                        plan(between(0, 200), () -> executor.process().run(executor::heartbeat)));
        plan(1_000, this::heartbeats);
    }

    // ---- what all parts use --------------------------------------------------------------------------------------

    long seed() {
        return seed;
    }

    Scenario scenario() {
        return scenario;
    }

    boolean is(Variant broken) {
        return variant == broken;
    }

    SimulatedJournal journal() {
        return journal;
    }

    SimulatedStore store() {
        return store;
    }

    SimulatedSink sink() {
        return sink;
    }

    SimulatedYarn yarn() {
        return yarn;
    }

    boolean isHdfsAway() {
        return nowMillis < hdfsBackMillis && isFaulty();
    }

    /** The journal was compacted before it is read. */
    boolean compacts() {
        return between(0, 2) == 0;
    }

    /** No edge connects the vertices: each is a region. */
    JobGraphMessage graph(String path) {
        Map<VertexId, Integer> changed = graphs.getOrDefault(path, Map.of());
        Invariant.check(path.equals(GRAPH) || !changed.isEmpty(), "a graph is read that is not there: %s", path);
        JobGraphMessage.Builder graph =
                JobGraphMessage.newBuilder().setName("simulated").setMaxParallelism(8);
        for (int region : scenario.regions()) {
            int submitted = scenario.parallelismOf(region);
            graph.addVertices(VertexMessage.newBuilder()
                    .setId(region)
                    .setName("numbers " + region)
                    .setParallelism(changed.getOrDefault(new VertexId(region), submitted))
                    .setSubmittedParallelism(submitted)
                    .addOperators(OperatorMessage.newBuilder()
                            .setUid("numbers-" + region)
                            .setRole(OperatorRole.SINK)));
        }
        return graph.build();
    }

    long nowMillis() {
        return nowMillis;
    }

    /** From {@code from} on, below {@code to}. */
    int between(int from, int to) {
        return random.nextInt(from, Math.max(from + 1, to));
    }

    void plan(long inMillis, Runnable action) {
        planAt(nowMillis + inMillis, action);
    }

    void planAt(long atMillis, Runnable action) {
        steps.add(new Step(Math.max(nowMillis, atMillis), order++, action));
    }

    void trace(String format, @Nullable Object... values) {
        if (tracing) {
            trace.append(nowMillis)
                    .append(' ')
                    .append(String.format(format, values)
                            .lines()
                            .map(String::strip)
                            .collect(Collectors.joining(" ")))
                    .append('\n');
        }
    }
}
