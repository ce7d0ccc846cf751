package io.selvage.local.harness;

import io.selvage.api.DataStream;
import io.selvage.api.JobLauncher;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The operators that a piece of a program comes to, as one chain: what the program's own builder makes of it, between a
 * source and a sink that are never opened.
 *
 * @param operators in the order in which elements come to them
 * @param firstKey of the exchange that an element passes before it comes to the first; null: it passes none
 * @param secondKey the same of elements of the second input
 * @param second how elements of the second input come to subtasks; null: there is none
 * @param exchangesBehind whether elements pass one later
 */
record Steps(
        List<Operator> operators,
        @Nullable EdgeDefinition<Object, Object> firstKey,
        @Nullable EdgeDefinition<Object, Object> secondKey,
        @Nullable Partitioning second,
        boolean exchangesBehind) {
    private static final String INPUT = "harness-input";
    private static final String SECOND_INPUT = "harness-second-input";
    private static final String OUTPUT = "harness-output";

    static <I, O> Steps of(Serde<I> input, int maxParallelism, Function<DataStream<I>, DataStream<O>> program) {
        StreamEnvironment environment =
                StreamEnvironment.of(NotLaunched.INSTANCE).maxParallelism(maxParallelism);
        program.apply(environment.from(new NoSource<>(input), INPUT)).sinkTo(new NoSink<O>(), OUTPUT);
        return of(environment.graph("harness"), 1);
    }

    /** Of steps that begin with one that reads both inputs. */
    static <A, B, O> Steps of(
            Serde<A> first,
            Serde<B> second,
            int maxParallelism,
            BiFunction<DataStream<A>, DataStream<B>, DataStream<O>> program) {
        StreamEnvironment environment =
                StreamEnvironment.of(NotLaunched.INSTANCE).maxParallelism(maxParallelism);
        program.apply(
                        environment.from(new NoSource<>(first), INPUT),
                        environment.from(new NoSource<>(second), SECOND_INPUT))
                .sinkTo(new NoSink<O>(), OUTPUT);
        return of(environment.graph("harness"), 2);
    }

    /** @param inputs that the first step has; those behind it have one */
    private static Steps of(JobGraph graph, int inputs) {
        List<Operator> operators = new ArrayList<>();
        EdgeDefinition<Object, Object> firstKey = null;
        EdgeDefinition<Object, Object> secondKey = null;
        Partitioning toSecond = null;
        boolean exchangesBehind = false;
        for (Vertex vertex : graph.vertices()) {
            List<Operator> steps = vertex.operators().stream()
                    .filter(operator -> operator.role() == OperatorRole.TRANSFORM)
                    .toList();
            List<Edge> incoming = graph.edges().stream()
                    .filter(edge -> edge.to() == vertex.id())
                    .toList();
            boolean isHead = operators.isEmpty() && !steps.isEmpty();
            requireLine(graph, vertex, incoming, isHead, inputs);
            for (Edge edge : incoming) {
                if (isHead && inputs == 2) {
                    requireOrder(graph, edge);
                }
                boolean isByKey = edge.partitioning() == Partitioning.HASH;
                if (isHead && isByKey) {
                    firstKey = edge.input() == 0 ? definition(edge) : firstKey;
                    secondKey = edge.input() == 1 ? definition(edge) : secondKey;
                }
                toSecond = edge.input() == 1 ? edge.partitioning() : toSecond;
                exchangesBehind |= !isHead && isByKey;
            }
            operators.addAll(steps);
        }
        if (operators.isEmpty()) {
            throw new InvalidProgramException("There is no step to be tested: the program returns its input.");
        }
        operators.forEach(Steps::requireSynchronous);
        return new Steps(operators, firstKey, secondKey, toSecond, exchangesBehind);
    }

    private static void requireLine(JobGraph graph, Vertex vertex, List<Edge> incoming, boolean isHead, int inputs) {
        long outputs = graph.edges().stream()
                .filter(edge -> edge.from() == vertex.id())
                .count();
        boolean hasSecond = incoming.stream().anyMatch(edge -> edge.input() == 1);
        boolean isInLine =
                incoming.size() <= (isHead ? inputs : 1) && outputs <= 1 && hasSecond == (isHead && inputs == 2);
        if (isInLine) {
            return;
        }
        throw new InvalidProgramException(
                inputs == 1
                        ? "The steps at " + vertex.name()
                                + " branch or meet: a harness runs one line of steps. Test each line by itself, and all"
                                + " of them in a LocalEnvironment."
                        : "The two inputs do not meet in the first step, or the steps branch or meet again, at "
                                + vertex.name()
                                + ". A harness of two inputs runs one step of both, such as connect(...).process(...)"
                                + " or intervalJoin, and a line of steps behind it. Test what is before it by itself.");
    }

    /** Elements are given to inputs by their number. */
    private static void requireOrder(JobGraph graph, Edge edge) {
        String other = edge.input() == 0 ? SECOND_INPUT : INPUT;
        if (graph.vertex(edge.from()).operators().stream()
                .anyMatch(operator -> operator.uid().equals(other))) {
            throw new InvalidProgramException(
                    "The step " + graph.vertex(edge.to()).name()
                            + " has the program's second stream as its first input. Give the harness the two types, and the"
                            + " program its two streams, in the order in which the step reads them: the stream on which"
                            + " connect or the join is called comes first.");
        }
    }

    private static void requireSynchronous(Operator operator) {
        if (Opaque.read(operator.definition(), loader(), operator.name()) instanceof OperatorDefinition.Async) {
            throw new InvalidProgramException("The step " + operator.name() + " gets its answers from other threads,"
                    + " and a harness has none. Test the function by itself, and the step in a LocalEnvironment.");
        }
    }

    @SuppressWarnings("unchecked")
    private static EdgeDefinition<Object, Object> definition(Edge edge) {
        return (EdgeDefinition<Object, Object>) Opaque.read(edge.definition(), loader(), "keyBy");
    }

    static ClassLoader loader() {
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        return ofThread == null ? Steps.class.getClassLoader() : ofThread;
    }

    /** A harness has no use for jobs. */
    private enum NotLaunched implements JobLauncher {
        INSTANCE;

        @Override
        public int defaultParallelism() {
            return 1;
        }

        @Override
        public String launch(JobGraph graph) {
            throw new InvalidProgramException("A harness runs steps, and no job: do without execute(...).");
        }
    }
}
