package io.selvage.master.simulation;

import io.selvage.master.event.AppendId;
import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.job.JobMaster;
import io.selvage.master.job.SessionFacts;
import io.selvage.master.resource.FleetLimits;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.SubtaskPlacement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Owned by the simulation: one attempt of the master, with the real core in it and simulated adapters around it. */
final class SimulatedMaster {
    /** What is to be done with the journal, one after the other. */
    private record Order(AppendId id, @Nullable JournalRecord journaled) {}

    private final long epoch;
    private final Simulation simulation;
    private final SimulatedProcess process;
    private final Performing performing = new Performing();
    private final Map<ExecutorId, Stream> streams = new TreeMap<>();
    private final Deque<Order> orders = new ArrayDeque<>();
    private final Map<AppendId, Label> journaling = new TreeMap<>((a, b) -> Long.compare(a.value(), b.value()));
    private @Nullable JobMaster core;
    private SimulatedJournal.@Nullable Writer writer;
    private boolean ordering;
    private long tickMillis = Long.MAX_VALUE;
    /** What it still does comes to nothing after so many actions. */
    private int actionsLeft = Integer.MAX_VALUE;

    private @Nullable Label deathAt;
    private boolean deathBefore;
    private int deathAfterTimes;
    private final Map<ExecutorId, CheckpointAcknowledged> acknowledged = new TreeMap<>();
    private final Set<ExecutorId> triggeredHere = new HashSet<>();
    private final List<Stream> untold = new ArrayList<>();

    SimulatedMaster(long epoch, Simulation simulation) {
        this.epoch = epoch;
        this.simulation = simulation;
        this.process = new SimulatedProcess(simulation);
        boolean dies = simulation.draw(Fault.MASTER_DIES_AT_A_LABEL, 0.6);
        this.deathAt = dies ? Label.values()[simulation.between(0, Label.values().length)] : null;
        this.deathBefore = dies && simulation.between(0, 2) == 0;
        this.deathAfterTimes = dies ? simulation.between(0, 3) : 0;
    }

    long epoch() {
        return epoch;
    }

    SimulatedProcess process() {
        return process;
    }

    // ---- its life ------------------------------------------------------------------------------------------------

    void begin() {
        later(20, 200, this::open);
    }

    private void open() {
        if (simulation.isHdfsAway()) {
            later(100, 500, this::open);
            return;
        }
        writer = simulation.journal().open(epoch);
        later(1, 60, this::claim);
    }

    private void claim() {
        if (simulation.isHdfsAway()) {
            later(100, 500, this::claim);
            return;
        }
        SimulatedJournal.Writer claiming = writerOrThrow();
        Optional<SimulatedJournal.Outcome> outcome = claiming.tryClaim();
        if (outcome.isEmpty()) {
            later(1, 30, this::claim);
        } else if (outcome.get() == SimulatedJournal.Outcome.FENCED) {
            end();
        } else {
            lead(claiming);
        }
    }

    private void lead(SimulatedJournal.Writer won) {
        Scenario scenario = simulation.scenario();
        JobMaster leading = new JobMaster(
                new SessionFacts(
                        epoch,
                        "hdfs://nn/app",
                        SessionDescription.getDefaultInstance(),
                        scenario.only() ? Optional.of(simulation.submission()) : Optional.empty()),
                won.history(),
                Configuration.defaults(),
                new FleetLimits(
                        scenario.slots(),
                        0,
                        scenario.standby(),
                        nanos(3_000),
                        nanos(1_000),
                        nanos(5_000),
                        nanos(10_000),
                        nanos(5_000),
                        nanos(5_000),
                        SimulatedYarn.MEMORY_MIB,
                        SimulatedYarn.MOST_MEMORY_MIB),
                0,
                simulation.seed());
        core = leading;
        perform(leading.start(nanos(simulation.nowMillis())));
        simulation.yarn().register(this);
        later(1, 20, () -> simulation.onLeading(this));
        tickWhenDue(leading);
        if (simulation.is(Variant.LOSS_NOT_TOLD)) {
            forgeHeartbeats();
        }
    }

    /** As the real loop does: when the core says that something is due. */
    private void tickWhenDue(JobMaster leading) {
        long due = leading.nextDeadlineNanos();
        if (due == JobMaster.NEVER) {
            return;
        }
        long atMillis = Math.max(simulation.nowMillis() + 1, (due + 999_999) / 1_000_000);
        if (atMillis < tickMillis) {
            tickMillis = atMillis;
            simulation.planAt(
                    atMillis,
                    () -> process.run(() -> {
                        if (tickMillis == atMillis) {
                            tickMillis = Long.MAX_VALUE;
                            tell(new MasterEvent.Tick());
                        }
                    }));
        }
    }

    private void forgeHeartbeats() {
        List.copyOf(untold)
                .forEach(lost -> hand(new MasterEvent.HeartbeatReceived(
                        lost.executor().id(), lost.connection(), Heartbeat.getDefaultInstance())));
        later(1_000, 1_000, this::forgeHeartbeats);
    }

    boolean leads() {
        return process.lives() && core != null;
    }

    void dieSoon() {
        actionsLeft = simulation.between(0, 6);
    }

    /** If it dies at a label at all, then at this one. */
    void rushTo(Label label) {
        if (simulation.draw(Fault.MASTER_DIES_AT_A_LABEL, 0.7)) {
            deathAt = label;
            deathBefore = simulation.between(0, 2) == 0;
            deathAfterTimes = 0;
        }
    }

    /** The process is gone. */
    void end() {
        if (process.lives()) {
            simulation.trace("epoch %d ends", epoch);
            process.die();
            List.copyOf(streams.values()).forEach(Stream::breaks);
            simulation.yarn().onAttemptEnded(this);
        }
    }

    Stream accept(SimulatedExecutor executor, Stream opened) {
        streams.put(executor.id(), opened);
        return opened;
    }

    void forget(Stream broken) {
        streams.remove(broken.executor().id(), broken);
        untold.add(broken);
    }

    /** Of the calling process alone: see {@link SimulatedProcess#run}. */
    void tell(MasterEvent event) {
        boolean hidden = simulation.is(Variant.LOSS_NOT_TOLD)
                && (event instanceof MasterEvent.ExecutorDisconnected
                        || event instanceof MasterEvent.ContainerCompleted
                        || event instanceof MasterEvent.SubtaskReported told
                                && !told.report().getFailure().getExecutorId().isEmpty());
        if (hidden) {
            return;
        }
        Label label = event instanceof MasterEvent.JournalAppended appended
                ? journaling.remove(appended.append())
                : Label.of(event);
        boolean isDurable = event instanceof MasterEvent.JournalAppended;
        if (dies(label, !isDurable)) {
            return;
        }
        hand(simulation.is(Variant.STALE_ACKNOWLEDGEMENT_COUNTS) ? outdated(event) : event);
        if (process.lives() && !isDurable) {
            dies(label, false);
        }
    }

    private void hand(MasterEvent event) {
        JobMaster leading = core;
        if (leading != null && process.lives()) {
            simulation.trace("epoch %d <- %s", epoch, event);
            perform(leading.on(event, nanos(simulation.nowMillis())));
            tickWhenDue(leading);
        }
    }

    private void perform(List<MasterAction> actions) {
        for (MasterAction action : actions) {
            if (actionsLeft-- <= 0) {
                end();
            }
            if (!process.lives()) {
                return;
            }
            boolean isAppend = action instanceof MasterAction.AppendToJournal;
            Label label = Label.of(action);
            if (dies(label, true)) {
                return;
            }
            simulation.trace("epoch %d -> %s", epoch, action);
            action.carryOut(performing);
            if (process.lives() && !isAppend && dies(label, false)) {
                return;
            }
        }
    }

    private boolean dies(@Nullable Label label, boolean before) {
        if (label == null || label != deathAt || before != deathBefore) {
            return false;
        }
        if (deathAfterTimes-- > 0) {
            return false;
        }
        simulation.onDeathAt(label, before);
        end();
        return true;
    }

    // ---- its adapters --------------------------------------------------------------------------------------------

    /** What is already on its way to HDFS may get there though the process is held up, or dead. */
    private void effect(int fromMillis, int toMillis, Runnable inHdfs) {
        simulation.plan(simulation.between(fromMillis, toMillis), () -> {
            boolean isThere = simulation.between(0, 2) == 0;
            if (process.lives() && (!process.isFrozen() || !isThere)) {
                process.run(inHdfs);
            } else if (isThere) {
                inHdfs.run();
            }
        });
    }

    private void later(int fromMillis, int toMillis, Runnable action) {
        simulation.plan(simulation.between(fromMillis, toMillis + 1), () -> process.run(action));
    }

    private void order(Order order) {
        orders.add(order);
        if (!ordering) {
            writeNext();
        }
    }

    private void writeNext() {
        Order next = orders.poll();
        ordering = next != null;
        if (next != null) {
            boolean slow = simulation.chance(Fault.JOURNAL_IS_SLOW, 0.05);
            write(next, slow ? 200 : 1, slow ? 2_000 : 30);
        }
    }

    private void write(Order order, int fromMillis, int toMillis) {
        effect(fromMillis, toMillis, () -> {
            if (simulation.isHdfsAway() || simulation.chance(Fault.JOURNAL_WRITE_FAILS, 0.02)) {
                MasterEvent waits = new MasterEvent.JournalWaits(order.id(), "Simulated.");
                later(1, 50, () -> {
                    tell(waits);
                    write(order, 100, 300);
                });
                simulation.plan(1_000, () -> process.run(() -> tell(waits))); // By then it may be durable.
                return;
            }
            JournalRecord journaled = order.journaled();
            SimulatedJournal.Writer mine = writerOrThrow();
            SimulatedJournal.Outcome outcome = journaled != null
                    ? mine.write(journaled)
                    : mine.isOwner() ? SimulatedJournal.Outcome.WRITTEN : SimulatedJournal.Outcome.FENCED;
            boolean fenced = outcome == SimulatedJournal.Outcome.FENCED;
            boolean ambiguous = !fenced && simulation.chance(Fault.JOURNAL_WRITE_IS_AMBIGUOUS, 0.02);
            if (ambiguous && journaled != null && simulation.is(Variant.AMBIGUOUS_IS_RETRIED)) {
                later(1, 50, () -> write(order, 1, 30));
                return;
            }
            later(1, ambiguous ? 1_000 : 10, () -> {
                if (fenced) {
                    tell(new MasterEvent.JournalFenced("A newer epoch has won."));
                } else {
                    if (!simulation.is(Variant.JOURNAL_CONFIRMS_EARLY)) {
                        tell(new MasterEvent.JournalAppended(order.id()));
                    }
                    writeNext();
                }
            });
        });
    }

    private SimulatedJournal.Writer writerOrThrow() {
        SimulatedJournal.Writer mine = writer;
        if (mine == null) {
            throw new IllegalStateException("Epoch " + epoch + " has not opened the journal.");
        }
        return mine;
    }

    private static long nanos(long millis) {
        return millis * 1_000_000;
    }

    /** Carries out the core's actions, each with the delays and faults of the world around it. */
    private final class Performing implements MasterAction.Performer {
        @Override
        public void perform(MasterAction.AppendToJournal action) {
            Label label = Label.of(action.record());
            if (label != null) {
                journaling.put(action.append(), label);
            }
            order(new Order(
                    action.append(),
                    simulation.is(Variant.UNHIT_REGION_RESTARTS) ? anew(action.record()) : action.record()));
            if (simulation.is(Variant.JOURNAL_CONFIRMS_EARLY)) {
                later(1, 2, () -> tell(new MasterEvent.JournalAppended(action.append())));
            }
            if (simulation.is(Variant.COMMIT_BEFORE_RECORD) && action.record().hasCheckpointCompleted()) {
                var completed = action.record().getCheckpointCompleted();
                tellAll(MasterMessage.newBuilder()
                        .setComplete(CompleteCheckpoint.newBuilder()
                                .setJobId(completed.getJobId())
                                .setIncarnation(completed.getIncarnation())
                                .setCheckpoint(completed.getCheckpoint())
                                .setTerminal(completed.getTerminal())));
            }
            if (simulation.is(Variant.STOP_BEFORE_RECORD) && action.record().hasIncarnationFailed()) {
                var failed = action.record().getIncarnationFailed();
                tellAll(MasterMessage.newBuilder()
                        .setStop(StopIncarnation.newBuilder()
                                .setJobId(failed.getJobId())
                                .setIncarnation(failed.getIncarnation())));
            }
        }

        @Override
        public void perform(MasterAction.ConfirmLeadership action) {
            order(new Order(action.append(), null));
            if (simulation.is(Variant.JOURNAL_CONFIRMS_EARLY)) {
                later(1, 2, () -> tell(new MasterEvent.JournalAppended(action.append())));
            }
        }

        @Override
        public void perform(MasterAction.ChangeGraph action) {
            effect(1, 300, () -> {
                boolean isAway = simulation.isHdfsAway();
                if (!isAway) {
                    simulation.putGraph(action.to(), action.parallelism());
                }
                later(
                        1,
                        20,
                        () -> tell(
                                isAway
                                        ? new MasterEvent.GraphNotChanged(action.job(), action.to(), "HDFS is away.")
                                        : new MasterEvent.GraphChanged(action.job(), action.to())));
            });
        }

        @Override
        public void perform(MasterAction.FailProcess action) {
            throw new AssertionError("nobody drills");
        }

        @Override
        public void perform(MasterAction.Send action) {
            MasterMessage message = action.message();
            if (message.hasTrigger()) {
                triggeredHere.add(action.executor());
            }
            boolean swallowed = (simulation.is(Variant.COMPLETION_NOT_RESENT)
                            && message.hasComplete()
                            && !triggeredHere.contains(action.executor()))
                    || (simulation.is(Variant.IDLE_EXECUTORS_KEPT) && message.hasShutdown());
            if (swallowed) {
                return;
            }
            MasterMessage said = message;
            if (message.hasDeploy() && simulation.is(Variant.RESTORED_FROM_OLDER)) {
                said = olderRestored(message);
            } else if (message.hasDeploy() && simulation.is(Variant.UNHIT_REGION_RESTARTS)) {
                said = anew(message);
            }
            Stream stream = streams.get(action.executor());
            if (stream != null && stream.connection().equals(action.connection())) {
                stream.toExecutor(said);
            }
        }

        @Override
        public void perform(MasterAction.Disconnect action) {
            Stream stream = streams.get(action.executor());
            if (stream != null && stream.connection().equals(action.connection())) {
                simulation.plan(20, stream::breaks);
            }
        }

        @Override
        public void perform(MasterAction.Reply action) {
            simulation.onReply(action);
        }

        @Override
        public void perform(MasterAction.LoadGraph action) {
            later(1, 100, () -> {
                MasterEvent read = simulation.isHdfsAway()
                        ? new MasterEvent.GraphUnreadable(
                                action.job(),
                                Failure.newBuilder()
                                        .setKind(FailureKind.TRANSIENT)
                                        .setMessage("HDFS is away.")
                                        .build())
                        : new MasterEvent.GraphLoaded(action.job(), simulation.graph(action.path()));
                tell(read);
            });
        }

        @Override
        public void perform(MasterAction.WriteMetadata action) {
            store(action.key(), () -> {
                if (action.marks() && !simulation.is(Variant.RETAINED_IS_NOT_MARKED)) {
                    simulation.store().mark();
                }
                return simulation.store().put(action.metadata());
            });
        }

        private void store(CheckpointKey key, Supplier<String> write) {
            effect(1, 60, () -> {
                boolean fails = simulation.isHdfsAway() || simulation.chance(Fault.METADATA_IS_NOT_WRITTEN, 0.02);
                String path = fails ? "" : write.get();
                if (fails || simulation.chance(Fault.METADATA_IS_WRITTEN_BUT_REPORTED_FAILED, 0.02)) {
                    later(1, 10, () -> tell(new MasterEvent.MetadataWriteFailed(key, "Simulated.")));
                } else {
                    later(1, 10, () -> tell(new MasterEvent.MetadataWritten(key, path)));
                }
            });
        }

        @Override
        public void perform(MasterAction.WriteSavepoint action) {
            store(action.key(), () -> simulation.store().putSavepoint(action.directory(), action.metadata()));
        }

        @Override
        public void perform(MasterAction.DeleteSavepoint action) {
            effect(1, 500, () -> {
                if (!simulation.isHdfsAway()) {
                    simulation.store().deleteSavepoint(action.directory());
                    if (simulation.is(Variant.SAVEPOINT_IS_DELETED)) {
                        List.copyOf(simulation.store().completeSavepoints())
                                .forEach(simulation.store()::deleteSavepoint);
                    }
                }
            });
        }

        @Override
        public void perform(MasterAction.SweepCheckpoints action) {
            Set<Long> kept =
                    action.kept().stream().map(CheckpointId::value).collect(Collectors.toCollection(TreeSet::new));
            Invariant.check(action.needed() == 0, "there is no other job");
            long newest = action.newest().value();
            if (simulation.is(Variant.REFERENCES_NOT_KEPT)) {
                kept.retainAll(Set.of(newest));
            }
            if (simulation.is(Variant.ABORTED_IS_DELETED)) {
                kept.removeIf(each -> !simulation.journal().isComplete(each));
            }
            // Late, and even after the master's death: what is deleted must not matter to anyone.
            simulation.plan(simulation.between(1, 3_000), () -> {
                if (!simulation.isHdfsAway()) {
                    simulation.store().deleteOlder(newest, kept);
                    if (simulation.is(Variant.SWEEP_DELETES_NEWEST)) {
                        simulation.store().delete(newest);
                    }
                }
            });
        }

        @Override
        public void perform(MasterAction.RetainCheckpoint action) {
            Invariant.check(
                    simulation.journal().retained().isPresent(),
                    "files are deleted before the job's end is durable, or a checkpoint stays that nobody wants");
            Set<Long> kept =
                    action.kept().stream().map(CheckpointId::value).collect(Collectors.toCollection(TreeSet::new));
            if (simulation.is(Variant.RETAINED_LOSES_REFERENCES)) {
                kept.retainAll(Set.of(kept.stream().max(Long::compare).orElseThrow()));
            }
            simulation.plan(simulation.between(1, 3_000), () -> {
                if (!simulation.is(Variant.RETAINED_IS_NOT_MARKED)) {
                    simulation.store().mark();
                }
                simulation.store().retain(kept);
            });
        }

        @Override
        public void perform(MasterAction.DeleteClaimed action) {
            throw new AssertionError("the job has claimed nothing: " + action);
        }

        @Override
        public void perform(MasterAction.DeleteJobFiles action) {
            Invariant.check(
                    simulation.journal().job().map(JournaledJob::hasEnded).orElse(false),
                    "files are deleted before the job's end is durable");
            simulation.journal().retained().ifPresent(kept -> {
                throw new AssertionError("what is to outlive the job is deleted with it: " + kept);
            });
            simulation.store().deleteJob();
        }

        @Override
        public void perform(MasterAction.RequestContainers action) {
            boolean forgets = simulation.is(Variant.MEMORY_IS_NOT_LEARNT);
            simulation
                    .yarn()
                    .request(
                            SimulatedMaster.this,
                            action.count(),
                            forgets ? SimulatedYarn.MEMORY_MIB : action.memoryMib());
        }

        @Override
        public void perform(MasterAction.WithdrawRequests action) {
            simulation.yarn().withdraw(SimulatedMaster.this, action.count());
        }

        @Override
        public void perform(MasterAction.AvoidNodes action) {
            simulation.yarn().avoid(SimulatedMaster.this, action);
        }

        @Override
        public void perform(MasterAction.LaunchExecutor action) {
            simulation.yarn().launch(action);
        }

        @Override
        public void perform(MasterAction.ReleaseContainer action) {
            if (!simulation.is(Variant.IDLE_EXECUTORS_KEPT)) {
                simulation.yarn().release(SimulatedMaster.this, action.executor());
            }
        }

        @Override
        public void perform(MasterAction.DeleteSessionFiles action) {
            effect(10, 200, () -> {
                simulation.onSessionDeleted(SimulatedMaster.this);
                simulation.store().deleteSession();
                later(1, 10, () -> tell(new MasterEvent.SessionFilesDeleted()));
            });
        }

        @Override
        public void perform(MasterAction.Unregister action) {
            if (simulation.is(Variant.FILES_DELETED_TOO_EARLY)) {
                simulation.onSessionDeleted(SimulatedMaster.this);
            }
            // YARN may hear of it although the process has died meanwhile.
            effect(1, 200, () -> {
                boolean isHeard = simulation.yarn().attempt().orElseThrow() == SimulatedMaster.this;
                if (isHeard) {
                    simulation.onUnregistered(
                            SimulatedMaster.this,
                            simulation.is(Variant.END_IS_NOT_TOLD) ? FinalStatus.SUCCEEDED : action.status());
                    simulation.yarn().endAll();
                }
                later(
                        1,
                        10,
                        () -> tell(
                                isHeard
                                        ? new MasterEvent.Unregistered()
                                        : new MasterEvent.ResourceManagerLost("There is a newer attempt.")));
            });
        }

        @Override
        public void perform(MasterAction.ExitProcess action) {
            simulation.trace("epoch %d exits: %s", epoch, action);
            boolean newer = epoch < simulation.journal().epoch();
            boolean allowed = switch (action.code()) {
                case FENCED -> newer;
                case RESOURCE_MANAGER_LOST -> simulation.yarn().attempt().orElseThrow() != SimulatedMaster.this;
                case STOPPED -> simulation.isSessionOver();
                default -> false;
            };
            Invariant.check(allowed, "epoch %d ends itself, and %d is the newest: %s", epoch, newer, action);
            end();
        }

        @Override
        public void perform(MasterAction.Note action) {}
    }

    // ---- deliberately broken -------------------------------------------------------------------------------------

    private void tellAll(MasterMessage.Builder message) {
        MasterMessage said = message.setEpoch(epoch).build();
        streams.values().forEach(stream -> stream.toExecutor(said));
    }

    private MasterEvent outdated(MasterEvent event) {
        if (!(event instanceof MasterEvent.CheckpointAcknowledgedBy told)) {
            return event;
        }
        CheckpointAcknowledged now = told.acknowledgement();
        CheckpointAcknowledged before = acknowledged.put(told.executor(), now);
        boolean outdates = before != null
                && before.getIncarnation() == now.getIncarnation()
                && before.getCheckpoint() < now.getCheckpoint();
        return outdates
                ? new MasterEvent.CheckpointAcknowledgedBy(
                        told.executor(),
                        told.connection(),
                        before.toBuilder().setCheckpoint(now.getCheckpoint()).build())
                : event;
    }

    private static JournalRecord anew(JournalRecord journaled) {
        return journaled.hasIncarnationStarted()
                ? journaled.toBuilder()
                        .setIncarnationStarted(
                                journaled.getIncarnationStarted().toBuilder().clearCarried())
                        .build()
                : journaled;
    }

    private static MasterMessage anew(MasterMessage deploying) {
        MasterMessage.Builder anew = deploying.toBuilder();
        anew.getDeployBuilder().getSubtasksBuilderList().forEach(SubtaskPlacement.Builder::clearSince);
        return anew.build();
    }

    private MasterMessage olderRestored(MasterMessage message) {
        return simulation
                .journal()
                .job()
                .filter(job -> job.getRetainedCount() > 0)
                .map(job -> job.getRetained(job.getRetainedCount() - 1))
                .map(older -> message.toBuilder()
                        .setDeploy(message.getDeploy().toBuilder()
                                .setRestoreCheckpoint(older.getCheckpoint())
                                .setRestoreMetadataPath(older.getMetadataPath()))
                        .build())
                .orElse(message);
    }
}
