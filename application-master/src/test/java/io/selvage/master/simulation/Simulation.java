package io.selvage.master.simulation;

import io.selvage.master.event.AppendId;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.ExitCode;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.job.JobMaster;
import io.selvage.master.job.SessionFacts;
import io.selvage.master.resource.FleetLimits;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.OperatorMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.protocol.wire.VertexMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One seed: masters, executors, journal and YARN under a virtual clock. Everything that is random comes from the seed,
 * and everything happens in one thread, so that a seed replays exactly.
 *
 * <p>Faults stop after {@link #FAULTY_MILLIS}: from then on the job must come to its end.
 */
final class Simulation {
    static final String JOB = "job-sim";
    private static final int PARALLELISM = 3;
    private static final int SLOTS = 2;
    private static final long FAULTY_MILLIS = 20_000;
    private static final long END_MILLIS = 600_000;
    private static final int MAX_STEPS = 200_000;

    /** What happens at a time; equal times in the order of planning. */
    private record Step(long atMillis, long order, Runnable action) {}

    /** One attempt of the master. */
    private final class Attempt {
        final long epoch;
        final JobMaster core;
        final Map<ExecutorId, ConnectionId> streams = new TreeMap<>();
        /** Records reach the journal one after the other. */
        long journalFreeMillis;

        boolean dead;
        /** What it still does comes to nothing after so many actions. */
        int actionsLeft = Integer.MAX_VALUE;

        int requested;

        Attempt(long epoch) {
            this.epoch = epoch;
            this.core = new JobMaster(
                    new SessionFacts(epoch, "hdfs://nn/app", SessionDescription.getDefaultInstance()),
                    journal.claim(epoch),
                    Configuration.defaults(),
                    new FleetLimits(
                            SLOTS,
                            0,
                            1,
                            nanos(30_000),
                            nanos(1_000),
                            nanos(5_000),
                            nanos(60_000),
                            nanos(5_000),
                            nanos(5_000)),
                    0,
                    seed);
        }

        void begin() {
            perform(core.start(nanos(nowMillis)));
            plan(random.nextInt(20, 300), () -> {
                tell(new MasterEvent.ResourceManagerJoined(containersAtJoin()));
            });
            plan(10, this::tick);
        }

        private List<ExecutorId> containersAtJoin() {
            List<ExecutorId> left = new ArrayList<>(executors.keySet());
            allocated.forEach((executor, owner) -> {
                if (!executors.containsKey(executor)) {
                    left.add(executor);
                }
            });
            return left;
        }

        private void tick() {
            if (!dead) {
                tell(new MasterEvent.Tick());
                plan(100, this::tick);
            }
        }

        void tell(MasterEvent event) {
            if (!dead) {
                trace("epoch %d <- %s", epoch, event);
                perform(core.on(event, nanos(nowMillis)));
            }
        }

        private void perform(List<MasterAction> actions) {
            for (MasterAction action : actions) {
                if (actionsLeft-- <= 0) {
                    die();
                }
                if (dead) {
                    return;
                }
                trace("epoch %d -> %s", epoch, action);
                action.carryOut(new Performing(this));
            }
        }

        void die() {
            if (dead) {
                return;
            }
            trace("epoch %d dies", epoch);
            dead = true;
            streams.forEach((executor, stream) -> plan(random.nextInt(1, 50), () -> breakStream(executor, stream)));
            streams.clear();
            if (newest == this) {
                plan(random.nextInt(200, 2_000), () -> startMaster());
            }
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final boolean tracing;
    private final StringBuilder trace = new StringBuilder();
    private final PriorityQueue<Step> steps =
            new PriorityQueue<>(Comparator.comparingLong(Step::atMillis).thenComparingLong(Step::order));
    private final SimulatedJournal journal = new SimulatedJournal();
    private final SimulatedSink sink = new SimulatedSink();
    private final Map<String, CheckpointMetadata> files = new HashMap<>();
    private final Map<ExecutorId, SimulatedExecutor> executors = new TreeMap<>();
    private final Map<ExecutorId, Long> allocated = new TreeMap<>();
    private final Map<ConnectionId, Attempt> masters = new HashMap<>();
    private final Map<ConnectionId, Long> lastDelivery = new HashMap<>();
    private final Map<String, Integer> faults = new TreeMap<>();
    private @Nullable Attempt newest;
    private long nowMillis;
    private long order;
    private long lastConnection;
    private long lastContainer;
    private boolean submissionAnswered;
    /** Executors that the newest incarnation has reached. */
    private final Set<ExecutorId> reached = new HashSet<>();

    private boolean isReached;
    private boolean isRestartDue = true;
    /** The epoch that has triggered a checkpoint, by incarnation and checkpoint. */
    private final Map<String, Long> triggered = new HashMap<>();

    Simulation(long seed, boolean tracing) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.tracing = tracing;
    }

    /** Runs to the job's end. */
    void run() {
        startMaster();
        plan(50, this::submit);
        plan(random.nextInt(500, 3_000), this::breakSomething);
        plan(1_000, this::heartbeats);
        for (int step = 0; step < MAX_STEPS && !isOver(); step++) {
            Step next = steps.remove();
            nowMillis = next.atMillis();
            Invariant.check(nowMillis < END_MILLIS, "the job does not come to its end: %s", journal.job(JOB));
            next.action().run();
        }
        Invariant.check(isOver(), "the job does not come to its end in %d steps: %s", MAX_STEPS, journal.job(JOB));
        JournaledJob job = journal.job(JOB).orElseThrow();
        if (job.getEnded().getOutcome() == JobOutcome.JOB_FINISHED) {
            Invariant.check(job.getCheckpoint().getTerminal(), "finished without a terminal checkpoint: %s", job);
            for (int subtask = 0; subtask < PARALLELISM; subtask++) {
                Invariant.check(
                        sink.committed(subtask) == SimulatedExecutor.TOTAL,
                        "finished, but subtask %d has committed %d",
                        subtask,
                        sink.committed(subtask));
            }
        }
    }

    /** Which faults there were, and how often. */
    Map<String, Integer> faults() {
        return faults;
    }

    JobOutcome outcome() {
        return journal.job(JOB).orElseThrow().getEnded().getOutcome();
    }

    String trace() {
        return trace.toString();
    }

    private boolean isOver() {
        return journal.job(JOB).map(JournaledJob::hasEnded).orElse(false);
    }

    // ---- faults --------------------------------------------------------------------------------------------------

    boolean chance(String fault, double probability) {
        boolean happens = nowMillis < FAULTY_MILLIS && random.nextDouble() < probability;
        if (happens) {
            count(fault);
        }
        return happens;
    }

    private void count(String fault) {
        trace("fault: %s", fault);
        faults.merge(fault, 1, Integer::sum);
    }

    private void breakSomething() {
        if (nowMillis >= FAULTY_MILLIS) {
            return;
        }
        Attempt master = newest;
        switch (random.nextInt(6)) {
            case 0, 1 ->
                pick().ifPresent(executor -> {
                    count("executor dies");
                    endExecutor(executor, 137);
                });
            case 2 -> {
                if (master != null && !master.dead) {
                    count("master dies at an action");
                    master.actionsLeft = random.nextInt(0, 6);
                }
            }
            case 3 -> {
                if (master != null && !master.dead) {
                    count("master is taken for dead");
                    // It sees its executors leave, and stops what runs on the others, before it knows of its end.
                    onReasonToRestart();
                    startMaster();
                }
            }
            case 4 ->
                pick().ifPresent(executor -> {
                    ConnectionId stream = executors.get(executor).connection();
                    if (stream != null) {
                        count("stream breaks");
                        onReasonToRestart();
                        breakStream(executor, stream);
                        // Without a newer master it finds none to register with, and ends itself.
                        long epochThen = journal.epoch();
                        plan(8_000, () -> {
                            if (journal.epoch() == epochThen) {
                                endExecutor(executor, 1);
                            }
                        });
                    }
                });
            default -> {
                if (master != null && !master.dead && chance("client cancels", 0.1)) {
                    master.tell(new MasterEvent.CancelRequested(new RequestId(2), JOB));
                }
            }
        }
        plan(random.nextInt(300, 4_000), this::breakSomething);
    }

    private Optional<ExecutorId> pick() {
        List<ExecutorId> ids = List.copyOf(executors.keySet());
        return ids.isEmpty() ? Optional.empty() : Optional.of(ids.get(random.nextInt(ids.size())));
    }

    // ---- processes -----------------------------------------------------------------------------------------------

    private void startMaster() {
        Attempt attempt = new Attempt(journal.epoch() + 1);
        newest = attempt;
        attempt.begin();
        executors.values().forEach(executor -> plan(random.nextInt(10, 600), () -> seek(executor, attempt)));
    }

    /** An executor without a stream finds the newest master in the journal. */
    private void seek(SimulatedExecutor executor, Attempt found) {
        boolean gone = !executors.containsKey(executor.id());
        if (gone || found != newest || found.dead) {
            return;
        }
        ConnectionId old = executor.connection();
        if (old != null) {
            Attempt before = masters.get(old);
            if (before == found) {
                return;
            }
            breakStream(executor.id(), old);
        }
        ConnectionId stream = new ConnectionId(++lastConnection);
        masters.put(stream, found);
        found.streams.put(executor.id(), stream);
        executor.connect(found.epoch, stream);
    }

    private void breakStream(ExecutorId id, ConnectionId stream) {
        SimulatedExecutor executor = executors.get(id);
        if (executor != null && stream.equals(executor.connection())) {
            executor.disconnected();
        }
        Attempt master = masters.remove(stream);
        if (master != null && master.streams.remove(id, stream)) {
            plan(random.nextInt(1, 20), () -> master.tell(new MasterEvent.ExecutorDisconnected(id, stream, "broken.")));
        }
    }

    void endExecutor(ExecutorId id, int status) {
        SimulatedExecutor executor = executors.remove(id);
        allocated.remove(id);
        if (executor != null && executor.runs()) {
            onReasonToRestart();
        }
        if (executor != null && executor.connection() != null) {
            breakStream(id, executor.connection());
        }
        plan(random.nextInt(50, 1_000), () -> {
            if (newest != null) {
                newest.tell(new MasterEvent.ContainerCompleted(id, status, "It ended with " + status + "."));
            }
        });
    }

    private void heartbeats() {
        List.copyOf(executors.values()).forEach(SimulatedExecutor::heartbeat);
        plan(1_000, this::heartbeats);
    }

    private void submit() {
        if (submissionAnswered || isOver()) {
            return;
        }
        Attempt master = newest;
        if (master != null && !master.dead) {
            master.tell(new MasterEvent.SubmissionRequested(
                    new RequestId(1),
                    SubmitJobRequest.newBuilder()
                            .setJobId(JOB)
                            .setGraphPath("hdfs://nn/app/job-sim/graph.pb")
                            .putSettings("selvage.checkpoint.interval", "300ms")
                            .putSettings("selvage.checkpoint.timeout", "2s")
                            .putSettings("selvage.restart.attempts", "30")
                            .putSettings("selvage.restart.max-delay", "1s")
                            .build()));
        }
        plan(1_000, this::submit);
    }

    // ---- what must hold over a master's death --------------------------------------------------------------------

    /** An incarnation that every executor has got runs until something other than the master breaks. */
    private void onIncarnationStarted() {
        Invariant.check(
                isRestartDue || !isReached, "tasks restart, and nothing but a master has died: %s", journal.job(JOB));
        isRestartDue = false;
        isReached = false;
        reached.clear();
    }

    void onReasonToRestart() {
        isRestartDue = true;
    }

    void onDeployed(Deploy deploy, ExecutorId executor) {
        reached.add(executor);
        isReached = deploy.getExecutorsList().stream()
                .allMatch(address -> reached.contains(new ExecutorId(address.getExecutorId())));
    }

    void onTriggered(TriggerCheckpoint trigger, long epoch) {
        Long first = triggered.putIfAbsent(trigger.getIncarnation() + "/" + trigger.getCheckpoint(), epoch);
        Invariant.check(first == null || first == epoch, "epochs %s and %d both trigger %s", first, epoch, trigger);
    }

    /** How often checkpoints of one incarnation were triggered by more than one master. */
    long adoptions() {
        return triggered.entrySet().stream()
                        .map(each -> each.getKey().replaceAll("/.*", "") + " " + each.getValue())
                        .distinct()
                        .count()
                - triggered.keySet().stream()
                        .map(each -> each.replaceAll("/.*", ""))
                        .distinct()
                        .count();
    }

    // ---- what executors use --------------------------------------------------------------------------------------

    SimulatedJournal journal() {
        return journal;
    }

    SimulatedSink sink() {
        return sink;
    }

    /** Runs something of an executor's after up to that time, if it lives then. */
    void later(SimulatedExecutor executor, int atMostMillis, Runnable action) {
        plan(random.nextInt(1, atMostMillis + 1), () -> {
            if (executors.get(executor.id()) == executor) {
                action.run();
            }
        });
    }

    /** Where an executor's words go: to the master at the other end, in order, after a while. */
    Consumer<MasterEvent> masterOf(ConnectionId stream) {
        Attempt master = masters.get(stream);
        return event -> {
            if (master != null) {
                inOrder(stream, () -> master.tell(event));
            }
        };
    }

    Map<Integer, Long> restore(Deploy deploy) {
        Map<Integer, Long> positions = new HashMap<>();
        if (deploy.getRestoreCheckpoint() > 0) {
            CheckpointMetadata metadata = files.get(deploy.getRestoreMetadataPath());
            Invariant.check(metadata != null, "the metadata that is restored from is deleted: %s", deploy);
            metadata.getSubtasksList().forEach(part -> positions.put(part.getSubtask(), part.getBytes()));
            Invariant.check(positions.size() == PARALLELISM, "parts are missing: %s", metadata);
        }
        return positions;
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private void inOrder(ConnectionId stream, Runnable delivery) {
        long at = Math.max(nowMillis + random.nextInt(1, 15), lastDelivery.getOrDefault(stream, 0L));
        lastDelivery.put(stream, at);
        steps.add(new Step(at, order++, delivery));
    }

    private void plan(long inMillis, Runnable action) {
        steps.add(new Step(nowMillis + inMillis, order++, action));
    }

    private void trace(String format, Object... values) {
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

    private static long nanos(long millis) {
        return millis * 1_000_000;
    }

    private static JobGraphMessage graph() {
        return JobGraphMessage.newBuilder()
                .setName("simulated")
                .setMaxParallelism(8)
                .addVertices(VertexMessage.newBuilder()
                        .setId(1)
                        .setName("numbers")
                        .setParallelism(PARALLELISM)
                        .addOperators(
                                OperatorMessage.newBuilder().setUid("numbers").setRole(OperatorRole.SINK)))
                .build();
    }

    /** Carries out one master's actions, each with the delays and faults of the world around it. */
    private final class Performing implements MasterAction.Performer {
        private final Attempt master;

        Performing(Attempt master) {
            this.master = master;
        }

        @Override
        public void perform(MasterAction.AppendToJournal action) {
            int takes = chance("journal is slow", 0.05) ? random.nextInt(200, 2_000) : random.nextInt(1, 30);
            master.journalFreeMillis = Math.max(master.journalFreeMillis, nowMillis) + takes;
            AppendId append = action.append();
            steps.add(new Step(master.journalFreeMillis, order++, () -> {
                // A record that was on its way when the master died gets there or not.
                if (master.dead && random.nextBoolean()) {
                    master.journalFreeMillis = Long.MAX_VALUE;
                    return;
                }
                if (master.journalFreeMillis == Long.MAX_VALUE) {
                    return;
                }
                if (journal.tryAppend(master.epoch, action.record())) {
                    if (action.record().hasIncarnationStarted()) {
                        onIncarnationStarted();
                    }
                    plan(random.nextInt(1, 10), () -> master.tell(new MasterEvent.JournalAppended(append)));
                } else {
                    master.tell(new MasterEvent.JournalFenced("A newer epoch has won."));
                }
            }));
        }

        @Override
        public void perform(MasterAction.ConfirmLeadership action) {
            master.journalFreeMillis = Math.max(master.journalFreeMillis, nowMillis) + random.nextInt(1, 10);
            steps.add(new Step(master.journalFreeMillis, order++, () -> {
                if (journal.epoch() == master.epoch) {
                    plan(random.nextInt(1, 10), () -> master.tell(new MasterEvent.JournalAppended(action.append())));
                } else {
                    master.tell(new MasterEvent.JournalFenced("A newer epoch has won."));
                }
            }));
        }

        @Override
        public void perform(MasterAction.FailProcess action) {
            throw new AssertionError("nobody drills");
        }

        @Override
        public void perform(MasterAction.Send action) {
            inOrder(action.connection(), () -> {
                SimulatedExecutor executor = executors.get(action.executor());
                if (executor != null) {
                    executor.onMessage(action.connection(), action.message());
                }
            });
        }

        @Override
        public void perform(MasterAction.Disconnect action) {
            plan(20, () -> breakStream(action.executor(), action.connection()));
        }

        @Override
        public void perform(MasterAction.Reply action) {
            if (action.request().value() == 1) {
                Invariant.check(journal.job(JOB).isPresent(), "accepted, but not durable: %s", action.response());
                submissionAnswered = true;
            }
        }

        @Override
        public void perform(MasterAction.LoadGraph action) {
            plan(random.nextInt(1, 100), () -> master.tell(new MasterEvent.GraphLoaded(action.job(), graph())));
        }

        @Override
        public void perform(MasterAction.WriteMetadata action) {
            plan(random.nextInt(1, 60), () -> {
                if (chance("metadata can't be written", 0.02)) {
                    master.tell(new MasterEvent.MetadataWriteFailed(action.key(), "Simulated."));
                    return;
                }
                String path = "metadata-" + action.key().checkpoint() + "-"
                        + action.key().incarnation() + "-" + master.epoch;
                files.put(path, action.metadata());
                master.tell(new MasterEvent.MetadataWritten(action.key(), path));
            });
        }

        @Override
        public void perform(MasterAction.SweepCheckpoints action) {
            // Late, and even after the master's death: what is deleted must not matter to anyone.
            plan(
                    random.nextInt(1, 3_000),
                    () -> files.values()
                            .removeIf(metadata ->
                                    metadata.getCheckpoint() < action.newest().value()
                                            && action.kept().stream()
                                                    .noneMatch(kept -> kept.value() == metadata.getCheckpoint())));
        }

        @Override
        public void perform(MasterAction.DeleteJobFiles action) {
            Invariant.check(isOver(), "files are deleted before the job's end is durable");
            files.clear();
        }

        @Override
        public void perform(MasterAction.RequestContainers action) {
            master.requested += action.count();
            for (int i = 0; i < action.count(); i++) {
                plan(random.nextInt(50, 800), () -> {
                    if (!master.dead && master.requested > 0) {
                        master.requested--;
                        ExecutorId executor = new ExecutorId("container_" + ++lastContainer);
                        allocated.put(executor, master.epoch);
                        master.tell(new MasterEvent.ContainerAllocated(executor, "node:1"));
                    }
                });
            }
        }

        @Override
        public void perform(MasterAction.WithdrawRequests action) {
            master.requested = Math.max(0, master.requested - action.count());
        }

        @Override
        public void perform(MasterAction.LaunchExecutor action) {
            plan(random.nextInt(100, 1_500), () -> {
                if (!allocated.containsKey(action.executor())) {
                    return;
                }
                if (chance("executor does not start", 0.05)) {
                    endExecutor(action.executor(), 1);
                    return;
                }
                SimulatedExecutor executor = new SimulatedExecutor(action.executor(), SLOTS, Simulation.this);
                executors.put(action.executor(), executor);
                if (newest != null) {
                    seek(executor, newest);
                }
            });
        }

        @Override
        public void perform(MasterAction.ReleaseContainer action) {
            plan(random.nextInt(10, 500), () -> endExecutor(action.executor(), -105));
        }

        @Override
        public void perform(MasterAction.DeleteSessionFiles action) {
            throw new AssertionError("nobody stops the session");
        }

        @Override
        public void perform(MasterAction.Unregister action) {
            throw new AssertionError("nobody stops the session");
        }

        @Override
        public void perform(MasterAction.ExitProcess action) {
            Invariant.check(action.code() == ExitCode.FENCED, "the master ends itself: %s", action);
            Invariant.check(master.epoch < journal.epoch(), "the newest master is fenced: %s", action);
            master.die();
        }

        @Override
        public void perform(MasterAction.Note action) {}
    }
}
