package io.selvage.checkpoint.restore;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.CorruptDataException;
import io.selvage.checkpoint.backend.StateFate;
import io.selvage.checkpoint.backend.StateForecast;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.checkpoint.backend.StateSchema;
import io.selvage.checkpoint.content.SubtaskCoverage;
import io.selvage.checkpoint.history.ApplicationHistory;
import io.selvage.checkpoint.history.RetainedCheckpoints;
import io.selvage.checkpoint.journal.JournalDamagedException;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a job can go on from a savepoint, before anything is uploaded: by its operators, and by the schemas of the
 * states that they ask for, for which the user's functions are asked here. Each refusal is a sentence with the path,
 * the reason and the remedy.
 */
public final class StartPointCheck {
    private static final String UNCLAIMED =
            "Start the job without --claim, and delete the checkpoint when nothing needs it any more.";

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final SegmentReader segments;
    private final StartPoint from;

    /** @param store that takes fully qualified paths */
    public StartPointCheck(DurableStore store, StartPoint from) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.segments = new SegmentReader(store);
        this.from = from;
    }

    /**
     * Blocks on the file system, and asks the user's functions for their states, under the thread's class loader.
     *
     * @throws NotRestorableException if the job can't
     * @throws IOException if that can't be told
     */
    public RestoredFrom check(JobGraph graph) throws IOException {
        return check(graph, plan -> {});
    }

    /**
     * The same.
     *
     * @param planned told what becomes of each state, before that is found to be a reason to refuse the job
     */
    public RestoredFrom check(JobGraph graph, Consumer<RestorePlan> planned) throws IOException {
        try {
            return checkNow(graph, planned);
        } catch (SegmentDamagedException unusable) {
            throw new NotRestorableException(String.valueOf(unusable.getMessage()), unusable);
        } catch (CorruptDataException | StateMismatchException unusable) {
            throw new NotRestorableException(
                    "The job can't start from " + from.path() + ": " + unusable.getMessage(), unusable);
        }
    }

    private RestoredFrom checkNow(JobGraph graph, Consumer<RestorePlan> planned) throws IOException {
        String path = checkpoints
                .findMetadata(from.path())
                .orElseThrow(() -> refused("holds no metadata: it is no savepoint, or one that was never completed."
                        + " Name the directory that selvage savepoint has printed."));
        CheckpointMetadata metadata = checkpoints.readMetadata(path);
        new SubtaskCoverage(segments).require(metadata, path);
        requireSameKeyGroups(metadata, graph);
        Set<String> dropped = droppedOperators(metadata, graph);
        requireEdges(metadata, graph);
        requireFiles(metadata);
        OwnStates own = new OwnStates(metadata, segments);
        requireKinds(own, graph);
        RestorePlan plan = plan(metadata, own, graph, dropped);
        planned.accept(plan);
        requireOperators(dropped);
        requireStates(plan);
        return RestoredFrom.newBuilder()
                .setMetadataPath(path)
                .setCheckpoint(metadata.getCheckpoint())
                .setJobId(metadata.getJobId())
                .setClaimedDirectory(from.claimed() ? claimableOrThrow(path, metadata) : "")
                .build();
    }

    private void requireSameKeyGroups(CheckpointMetadata metadata, JobGraph graph) throws NotRestorableException {
        if (metadata.getMaxParallelism() != graph.maxParallelism()) {
            throw refused("is of a job with the maximum parallelism " + metadata.getMaxParallelism()
                    + ", and the program has " + graph.maxParallelism()
                    + ": its state is in that many key groups for good. Run it with -D selvage.parallelism.max="
                    + metadata.getMaxParallelism() + ", if the program sets none itself.");
        }
    }

    private static Set<String> droppedOperators(CheckpointMetadata metadata, JobGraph graph) {
        Set<String> known = graph.vertices().stream()
                .flatMap(vertex -> vertex.operators().stream())
                .map(Operator::uid)
                .collect(Collectors.toSet());
        return operatorsOf(metadata)
                .map(OperatorSnapshot::getOperatorUid)
                .filter(uid -> !known.contains(uid))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void requireOperators(Set<String> dropped) throws NotRestorableException {
        if (!dropped.isEmpty() && !from.mayDropState()) {
            throw refused("has state of operators that the program does not have, by uid: "
                    + String.join(", ", dropped)
                    + ". Give its operators the uids that they had, or drop that state with --allow-dropped-state.");
        }
    }

    private void requireKinds(OwnStates own, JobGraph graph) throws IOException {
        for (Vertex vertex : graph.vertices()) {
            for (Operator operator : vertex.operators()) {
                Optional<String> misfit =
                        own.has(operator.uid()) ? own.misfit(operator, definitionOrNull(operator)) : Optional.empty();
                if (misfit.isPresent()) {
                    throw refused(misfit.get() + " That is of " + operator.name() + " with the uid " + operator.uid()
                            + ". What that uid had is then left out with --allow-dropped-state.");
                }
            }
        }
    }

    /** Null as well if it can't be opened here. */
    private static @Nullable OperatorDefinition definitionOrNull(Operator operator) {
        try {
            return definition(operator);
        } catch (RuntimeException | LinkageError unreadable) {
            return null; // Whoever asks for its states says why.
        }
    }

    // ---- states --------------------------------------------------------------------------------------------------

    private RestorePlan plan(CheckpointMetadata metadata, OwnStates own, JobGraph graph, Set<String> dropped)
            throws IOException {
        List<RestorePlan.OfOperator> operators = new ArrayList<>();
        for (Vertex vertex : graph.vertices()) {
            for (Operator operator : vertex.operators()) {
                RestorePlan.OfOperator plan =
                        withBroadcast(planOf(operator, metadata, graph.maxParallelism()), operator, own);
                if (operator.stateful() || !plan.states().isEmpty()) {
                    operators.add(plan);
                }
            }
        }
        return new RestorePlan(graph.name(), from.path(), operators, List.copyOf(dropped));
    }

    private static RestorePlan.OfOperator withBroadcast(RestorePlan.OfOperator plan, Operator operator, OwnStates own)
            throws IOException {
        OperatorDefinition definition = own.has(operator.uid()) ? definitionOrNull(operator) : null;
        if (definition == null) {
            return plan;
        }
        List<StateFate> states = new ArrayList<>(plan.states());
        own.droppedBroadcast(operator.uid(), definition)
                .forEach(name -> states.add(new StateFate(name, StateFate.Kind.DROPPED, "broadcast state")));
        return new RestorePlan.OfOperator(plan.uid(), List.copyOf(states), plan.untold());
    }

    private RestorePlan.OfOperator planOf(Operator operator, CheckpointMetadata metadata, int maxParallelism)
            throws IOException {
        List<Segment> newest = operatorsOf(metadata)
                .filter(each -> each.getOperatorUid().equals(operator.uid()))
                .filter(each -> each.getKeyedStateCount() > 0)
                .map(each -> each.getKeyedState(each.getKeyedStateCount() - 1)) // It has all that those before have.
                .toList();
        if (newest.isEmpty()) {
            return new RestorePlan.OfOperator(operator.uid(), List.of(), "");
        }
        OperatorDefinition definition = null;
        StateForecast forecast;
        try {
            definition = definition(operator);
            forecast = definition == null ? null : StateForecast.of(operator.name(), definition, maxParallelism);
        } catch (Exception | LinkageError thrown) {
            OperatorDefinition known = definition;
            List<StateFate> refused = known == null
                    ? List.of()
                    : schemas(newest, operator).stream()
                            .flatMap(each -> StateForecast.layoutRefusals(operator.name(), known, each).stream())
                            .distinct()
                            .toList();
            return new RestorePlan.OfOperator(
                    operator.uid(), refused, refused.isEmpty() ? "asking for its states has thrown " + thrown : "");
        }
        if (forecast == null && definition != null) {
            List<StateFate> dropped =
                    mayHaveRows(metadata, operator) ? allDropped(schemas(newest, operator)) : List.of();
            return new RestorePlan.OfOperator(operator.uid(), dropped, "");
        }
        if (forecast == null) {
            return new RestorePlan.OfOperator(operator.uid(), List.of(), "it is of a kind that is asked only there");
        }
        Map<String, StateFate> fates = new LinkedHashMap<>();
        for (StateSchema written : schemas(newest, operator)) {
            forecast.of(written).forEach(fate -> fates.merge(fate.state(), fate, StartPointCheck::worse));
        }
        return new RestorePlan.OfOperator(operator.uid(), lost(fates.values(), metadata, operator), "");
    }

    /** A function has its timers written also if it has never set one: who drops these without a row drops nothing. */
    private List<StateFate> lost(Collection<StateFate> fates, CheckpointMetadata metadata, Operator operator)
            throws IOException {
        boolean isAnyDropped = fates.stream().anyMatch(fate -> fate.kind() == StateFate.Kind.DROPPED);
        boolean mayHaveRows = isAnyDropped && mayHaveRows(metadata, operator);
        return fates.stream()
                .filter(fate -> mayHaveRows || fate.kind() != StateFate.Kind.DROPPED)
                .map(fate -> fate.kind() == StateFate.Kind.DROPPED ? timersInWords(fate) : fate)
                .toList();
    }

    private static StateFate timersInWords(StateFate dropped) {
        return switch (dropped.state()) {
            case StateForecast.PROCESS_TIMERS ->
                new StateFate(dropped.state(), dropped.kind(), StateSchema.Kind.TIMERS.word);
            case StateForecast.PROCESS_ALARMS ->
                new StateFate(dropped.state(), dropped.kind(), StateSchema.Kind.PROCESSING_TIMERS.word);
            default -> dropped;
        };
    }

    /** Of what is empty nothing can be lost. */
    private boolean mayHaveRows(CheckpointMetadata metadata, Operator operator) throws IOException {
        List<Segment> written = operatorsOf(metadata)
                .filter(each -> each.getOperatorUid().equals(operator.uid()))
                .flatMap(each -> each.getKeyedStateList().stream())
                .toList();
        for (Segment segment : written) {
            try (InputStream in = segments.open(SegmentHandle.fromWire(segment))) {
                if (StateSchema.mayHaveRows(in, segment.getLength(), operator.name())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** By a step without keys. Timers are sections of functions that have never set one too. */
    private static List<StateFate> allDropped(Set<StateSchema> written) {
        return written.stream()
                .flatMap(schema -> schema.states().stream())
                .map(section -> new StateFate(
                        section.name(),
                        StateFate.Kind.DROPPED,
                        section.kind() == StateSchema.Kind.STATE ? "keyed state" : section.kind().word))
                .distinct()
                .toList();
    }

    /** Subtasks need not have written the same. */
    private static StateFate worse(StateFate one, StateFate other) {
        if (one.kind() == StateFate.Kind.EMPTY) {
            return other;
        }
        return other.kind() == StateFate.Kind.EMPTY || one.kind().compareTo(other.kind()) >= 0 ? one : other;
    }

    private static @Nullable OperatorDefinition definition(Operator operator) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader(); // The program's: its main is running.
        Object definition = Opaque.read(operator.definition(), loader, operator.name());
        return definition instanceof OperatorDefinition known ? known : null;
    }

    private Set<StateSchema> schemas(List<Segment> segmentsOfSubtasks, Operator operator) throws IOException {
        Set<StateSchema> schemas = new LinkedHashSet<>();
        for (Segment segment : segmentsOfSubtasks) {
            try (InputStream in = segments.open(SegmentHandle.fromWire(segment))) {
                schemas.add(StateSchema.ofSegment(in, segment.getLength(), operator.name()));
            }
        }
        return schemas;
    }

    private void requireStates(RestorePlan plan) throws NotRestorableException {
        String refusals = plan.fates(StateFate.Kind.REFUSED)
                .map(fate -> fate.fate().words())
                .collect(Collectors.joining(" "));
        if (!refusals.isEmpty()) {
            throw refused("does not fit the program. " + refusals);
        }
        String dropped =
                plan.fates(StateFate.Kind.DROPPED).map(StartPointCheck::shown).collect(Collectors.joining(", "));
        if (!dropped.isEmpty() && !from.mayDropState()) {
            throw refused("has states that the program's operators do not ask for, by uid and name: " + dropped
                    + ". Declare them as they were, or drop them with --allow-dropped-state."
                    + (plan.fates(StateFate.Kind.DROPPED).anyMatch(StartPointCheck::isOfTimers)
                            ? " Timers are of a function with keys: keep the step one, or give it another uid."
                            : ""));
        }
    }

    private static boolean isOfTimers(RestorePlan.OwnedFate dropped) {
        String words = dropped.fate().words();
        return words.equals(StateSchema.Kind.TIMERS.word) || words.equals(StateSchema.Kind.PROCESSING_TIMERS.word);
    }

    private static String shown(RestorePlan.OwnedFate dropped) {
        String of = dropped.fate().words();
        if (isOfTimers(dropped)) {
            return of + " of " + dropped.operator(); // Their names are none of the user's.
        }
        return dropped.operator() + "/" + dropped.fate().state() + (of.isEmpty() ? "" : " (" + of + ")");
    }

    private static Stream<OperatorSnapshot> operatorsOf(CheckpointMetadata metadata) {
        return metadata.getSubtasksList().stream().flatMap(subtask -> subtask.getOperatorsList().stream());
    }

    /** A checkpoint may hold elements that were under way; they have no place but the edge that they were on. */
    private void requireEdges(CheckpointMetadata metadata, JobGraph graph) throws NotRestorableException {
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (ChannelEdge edge : subtask.getChannels().getEdgesList()) {
                if (graph.edges().stream().noneMatch(each -> isSame(edge, subtask.getVertex(), each, graph))) {
                    throw refused("holds elements that were under way from the operator " + edge.getFromOperatorUid()
                            + " to " + edge.getToOperatorUid() + " (uids), and the program has no such edge at the same"
                            + " place. Start the program as it was, take a savepoint of it, and go on from that.");
                }
            }
        }
    }

    private static boolean isSame(ChannelEdge held, int toVertex, Edge edge, JobGraph graph) {
        List<Operator> producers = graph.vertex(edge.from()).operators();
        return edge.id() == held.getEdge()
                && edge.to() == toVertex
                && producers.get(producers.size() - 1).uid().equals(held.getFromOperatorUid())
                && graph.vertex(edge.to()).operators().get(0).uid().equals(held.getToOperatorUid());
    }

    private void requireFiles(CheckpointMetadata metadata) throws IOException {
        List<String> missing = checkpoints.missingFiles(metadata);
        if (!missing.isEmpty()) {
            throw refused("is damaged: " + missing.size() + " of its files are missing or too short, the first is "
                    + missing.get(0) + ". Restore them from an HDFS snapshot or backup, or use another savepoint.");
        }
    }

    private String claimableOrThrow(String path, CheckpointMetadata metadata) throws IOException {
        Optional<String> marked = checkpoints.findClaimable(path, metadata);
        if (marked.isPresent()) {
            if (!metadata.getSavepoint()) {
                requireNewest(new CheckpointLayout(marked.get()), new CheckpointId(metadata.getCheckpoint()));
            }
            return marked.get();
        }
        Optional<String> job = CheckpointLayout.ofMetadata(path).map(CheckpointLayout::jobDirectory);
        if (job.isPresent() && isLeftByFailure(job.get(), metadata)) {
            return job.get();
        }
        throw refused("is a checkpoint of " + metadata.getJobId()
                + ", which may still run, or whose session has ended before it, or which has a newer one: it can't be"
                + " claimed. " + UNCLAIMED);
    }

    /** The job's directory goes as a whole. A session that was killed may have left several that can be restored. */
    private void requireNewest(CheckpointLayout job, CheckpointId claimed) throws IOException {
        Optional<CheckpointId> newest = checkpoints.newestWithMetadata(job);
        if (newest.isPresent() && newest.get().compareTo(claimed) > 0) {
            throw refused("is not the newest checkpoint that its job has left: "
                    + store.qualify(job.checkpointDirectory(newest.get()))
                    + " is, and would be deleted with it. Claim that one, or delete it first, or start the job without"
                    + " --claim.");
        }
    }

    /** By the word of the journal: its session makes the mark when it can, and may have been killed before. */
    private boolean isLeftByFailure(String jobDirectory, CheckpointMetadata metadata) throws IOException {
        int name = jobDirectory.lastIndexOf('/') + 1;
        try {
            return ApplicationHistory.read(store, jobDirectory.substring(0, name - 1))
                    .flatMap(history -> history.job(jobDirectory.substring(name)))
                    .filter(job -> !RetainedCheckpoints.ofFailed(job).isEmpty())
                    // What that builds on lies beside it, and would go with it.
                    .filter(job -> job.getCheckpoint().getCheckpoint() == metadata.getCheckpoint())
                    .isPresent();
        } catch (JournalDamagedException unusable) {
            throw refused("can't be claimed, as it is not known how its job has ended: " + unusable.getMessage() + " "
                    + UNCLAIMED);
        }
    }

    private NotRestorableException refused(String reason) {
        return new NotRestorableException("The job can't start: " + from.path() + " " + reason, null);
    }
}
