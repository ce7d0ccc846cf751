package io.selvage.task.executor;

import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.CutKind;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.TriggerCheckpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A small job on an executor of its own in this process, which is told of it as a master would: the job starts, is cut,
 * stops, is followed as by a standby, is taken over from its checkpoint, goes back to that checkpoint in place, and
 * runs to the end of its input. Used once, by one thread, which is that executor's loop; its subtasks have theirs.
 * Nobody outside hears of it, and nothing is stored.
 */
final class Rehearsal implements MasterLink {
    /** Its programs are the process's own: no other job has that name. */
    static final JobId JOB = new JobId("job-rehearsal");

    private static final String GRAPH = "rehearsal";
    private static final String MOST_STATE = "1m";
    private static final long CHECKPOINT = 1;
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final ExecutorSettings settings;
    private final Map<String, String> jobSettings;
    private final boolean isInHeap;
    private final BlockingQueue<ExecutorEvent> inbox = new LinkedBlockingQueue<>();
    private final TaskExecutor executor;
    private final List<SubtaskId> subtasks;

    private final Map<SubtaskId, SubtaskState> reached = new HashMap<>(); // In the newest incarnation.
    private long incarnation;
    private long stopped; // The newest incarnation that has; 0: none.
    private long followed; // The newest checkpoint that is held ready; 0: none.

    private @Nullable CheckpointAcknowledged cut;
    private @Nullable String failure;

    /**
     * @param services the process's; what they do beside is done by the rehearsal's own thread
     * @param jobSettings of the job that may come
     * @param records of each of its splits
     */
    Rehearsal(ExecutorSettings settings, ExecutorServices services, Map<String, String> jobSettings, int records) {
        this.settings = settings;
        this.jobSettings = new HashMap<>(jobSettings);
        this.jobSettings.put(JobConfig.CHECKPOINT_STORAGE.name(), "memory");
        this.jobSettings.put(JobConfig.CHECKPOINT_MEMORY_LIMIT.name(), MOST_STATE);
        this.isInHeap = services.jobConfig(jobSettings).stateBackend() == StateBackendKind.HEAP;
        ExecutorServices alone = new ExecutorServices(
                services.store(),
                services.configuration(),
                services.transport(),
                services.backends(),
                Runnable::run,
                Runnable::run,
                services.clock(),
                services.parentLoader(),
                (code, reason) -> fail(reason),
                (signal, processId) -> {});
        JobPreparation preparation = new JobPreparation(
                services.store(), new JobPrograms(services.store(), settings.workDirectory(), services.parentLoader()));
        var graph = RehearsalProgram.graph(records);
        preparation.put(GRAPH, graph);
        this.subtasks = graph.vertices().stream()
                .flatMap(vertex ->
                        IntStream.range(0, vertex.parallelism()).mapToObj(index -> SubtaskId.of(vertex.id(), index)))
                .toList();
        this.executor = new TaskExecutor(settings, alone, inbox::add, preparation, (follow, program, isUnneeded) -> {});
    }

    /** Where keyed states came from. */
    RestoreFigures figures() {
        return executor.figures();
    }

    /**
     * Answers whether it came to its end. If it is not to go on, or has not within that time, or fails, it is told to
     * end, and has that time again for it.
     */
    boolean run(long mostNanos, BooleanSupplier isUnneeded) throws InterruptedException {
        long deadline = System.nanoTime() + mostNanos;
        BooleanSupplier isOver = () -> failure != null || isUnneeded.getAsBoolean() || System.nanoTime() - deadline > 0;
        executor.on(new ExecutorEvent.Connected(this));
        deploy(CheckpointMetadata.getDefaultInstance());
        boolean isThrough = awaitAll(SubtaskState.SUBTASK_RUNNING, isOver)
                && (!isInHeap || takeOver(isOver))
                && awaitAll(SubtaskState.SUBTASK_DRAINED, isOver);
        stop();
        long end = System.nanoTime() + mostNanos;
        boolean hasEnded = await(() -> stopped == incarnation, () -> System.nanoTime() - end > 0);
        executor.letGo(JOB);
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
        return isThrough && hasEnded;
    }

    /** State in the heap that is as little as this one is part of what is acknowledged: no file is written. */
    private boolean takeOver(BooleanSupplier isOver) throws InterruptedException {
        tell(MasterMessage.newBuilder()
                .setTrigger(TriggerCheckpoint.newBuilder()
                        .setJobId(JOB.value())
                        .setIncarnation(incarnation)
                        .setCheckpoint(CHECKPOINT)
                        .setKind(CutKind.CUT_FOR_CHECKPOINT)));
        if (!await(() -> cut != null, isOver)) {
            return false;
        }
        CheckpointMetadata metadata = CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId(JOB.value())
                .setCheckpoint(CHECKPOINT)
                .setIncarnation(incarnation)
                .setEpoch(1)
                .setMaxParallelism(RehearsalProgram.MAX_PARALLELISM)
                .addAllSubtasks(cut == null ? List.of() : cut.getSubtasksList())
                .build();
        stop();
        if (!await(() -> stopped == incarnation, isOver)) {
            return false;
        }
        tell(MasterMessage.newBuilder()
                .setFollow(Follow.newBuilder()
                        .setJobId(JOB.value())
                        .setJobName(GRAPH)
                        .setGraphPath(GRAPH)
                        .putAllSettings(jobSettings)
                        .setCheckpoint(CHECKPOINT)
                        .setMetadata(metadata.toByteString())));
        if (!await(() -> followed == CHECKPOINT, isOver)) {
            return false;
        }
        deploy(metadata);
        if (!awaitAll(SubtaskState.SUBTASK_DRAINED, isOver)) {
            return false;
        }
        deploy(metadata); // As after a failure elsewhere.
        return true;
    }

    private void deploy(CheckpointMetadata from) {
        incarnation++;
        reached.clear();
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(JOB.value())
                .setIncarnation(incarnation)
                .setJobName(GRAPH)
                .setGraphPath(GRAPH)
                .putAllSettings(jobSettings)
                .setRestoreCheckpoint(from.getCheckpoint())
                .setLastCheckpoint(from.getCheckpoint())
                .setMetadata(from.toByteString());
        for (SubtaskId subtask : subtasks) {
            deploy.addSubtasks(SubtaskPlacement.newBuilder()
                    .setVertex(subtask.vertex().value())
                    .setSubtask(subtask.index())
                    .setExecutorId(settings.id().value()));
        }
        tell(MasterMessage.newBuilder().setDeploy(deploy));
    }

    private void stop() {
        tell(MasterMessage.newBuilder()
                .setStop(StopIncarnation.newBuilder().setJobId(JOB.value()).setIncarnation(incarnation)));
    }

    private void tell(MasterMessage.Builder message) {
        executor.on(new ExecutorEvent.FromMaster(this, message.setEpoch(1).build()));
    }

    private boolean awaitAll(SubtaskState state, BooleanSupplier isOver) throws InterruptedException {
        return await(
                () -> reached.size() == subtasks.size()
                        && reached.values().stream().allMatch(each -> each.getNumber() >= state.getNumber()),
                isOver);
    }

    private boolean await(BooleanSupplier isThere, BooleanSupplier isOver) throws InterruptedException {
        while (!isThere.getAsBoolean()) {
            if (isOver.getAsBoolean()) {
                return false;
            }
            ExecutorEvent event = inbox.poll(LONGEST_WAIT_NANOS, TimeUnit.NANOSECONDS);
            if (event != null) {
                executor.on(event);
            }
        }
        return true;
    }

    private void fail(String reason) {
        failure = failure == null ? reason : failure;
    }

    @Override
    public void send(ExecutorMessage message) {
        switch (message.getMessageCase()) {
            case SUBTASK -> onReport(message.getSubtask());
            case CHECKPOINT_ACKNOWLEDGED -> cut = message.getCheckpointAcknowledged();
            case CHECKPOINT_DECLINED ->
                fail(message.getCheckpointDeclined().getFailure().getMessage());
            case STOPPED -> stopped = message.getStopped().getIncarnation();
            case FOLLOWING -> followed = message.getFollowing().getCheckpoint();
            default -> {} // Of no use here.
        }
    }

    private void onReport(SubtaskReport report) {
        if (report.getState() == SubtaskState.SUBTASK_FAILED) {
            fail(report.getFailure().getMessage());
        } else if (report.getIncarnation() == incarnation) {
            reached.put(SubtaskId.of(report.getVertex(), report.getSubtask()), report.getState());
        }
    }

    @Override
    public void close(String reason) {
        fail(reason);
    }
}
