package io.selvage.api;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks a program's steps and chains them into vertices; used once, by the program's thread. */
final class GraphBuilder {
    private final List<Transformation> steps;
    private final Map<Transformation, Integer> consumers = new IdentityHashMap<>();
    private final Set<Transformation> timed = Collections.newSetFromMap(new IdentityHashMap<>());

    /** @param steps in the order in which the program added them, which is topological */
    GraphBuilder(List<Transformation> steps) {
        this.steps = List.copyOf(steps);
        for (Transformation step : this.steps) {
            step.inputs.forEach(input -> consumers.merge(input.from(), 1, Integer::sum));
            if (step.givesTime() || step.inputs.stream().anyMatch(input -> timed.contains(input.from()))) {
                timed.add(step);
            }
        }
    }

    JobGraph build(String jobName, int maxParallelism, Map<String, String> settings) {
        checkComplete(jobName);
        checkParallelism(maxParallelism);
        Map<Transformation, String> uids = uids();
        Map<Transformation, Integer> vertexOf = new IdentityHashMap<>();
        List<List<Transformation>> chains = new ArrayList<>();
        for (Transformation step : steps) {
            Integer chain = isChained(step) ? vertexOf.get(step.inputs.get(0).from()) : null;
            if (chain == null) {
                chain = chains.size();
                chains.add(new ArrayList<>());
            }
            chains.get(chain).add(step);
            vertexOf.put(step, chain);
        }
        List<Vertex> vertices = new ArrayList<>();
        List<Edge> edges = new ArrayList<>();
        // Vertices count from 1: a message without a number is then never mistaken for the first vertex.
        for (int index = 0; index < chains.size(); index++) {
            int id = index + 1;
            vertices.add(vertex(id, chains.get(index), uids));
            Transformation head = chains.get(index).get(0);
            for (Transformation.Input input : head.inputs) {
                Integer from = vertexOf.get(input.from());
                if (from == null) {
                    throw new InvalidProgramException("In " + head.name + ": it reads the stream of "
                            + input.from().name + ", which is of another StreamEnvironment. Make one job of one.");
                }
                edges.add(edge(edges.size(), from + 1, id, head, input));
            }
        }
        return new JobGraph(jobName, maxParallelism, settings, vertices, edges);
    }

    private void checkComplete(String jobName) {
        if (steps.isEmpty()) {
            throw new InvalidProgramException("The job " + jobName + " has no source. Begin with env.from(...).");
        }
        for (Transformation step : steps) {
            if (step.role != OperatorRole.SINK && !consumers.containsKey(step)) {
                throw new InvalidProgramException("The job " + jobName + " does nothing with the result of " + step.name
                        + ". End every stream with sinkTo(...).");
            }
        }
    }

    private void checkParallelism(int maxParallelism) {
        for (Transformation step : steps) {
            if (step.parallelism > maxParallelism) {
                throw new InvalidProgramException("In " + step.name + ": a parallelism of " + step.parallelism
                        + " is above the maximum parallelism of " + maxParallelism
                        + ". Lower it, or raise the maximum before the job first runs.");
            }
        }
    }

    private Map<Transformation, String> uids() {
        Map<Transformation, String> uids = new IdentityHashMap<>();
        Set<String> used = new HashSet<>();
        Map<String, Integer> unnamed = new HashMap<>();
        for (Transformation step : steps) {
            String uid = step.ownUid();
            if (uid == null && step.isStateful()) {
                throw new InvalidProgramException("In " + (step.second == null ? step : step.second).name
                        + ": the step keeps state but has no uid, so a checkpoint could not tell whose state it is."
                        + " Add .uid(\"a-name-that-stays\").");
            }
            if (uid == null) {
                int number = unnamed.merge(step.name, 1, Integer::sum);
                uid = "~" + step.name + "-" + number;
            }
            if (!used.add(uid)) {
                throw new InvalidProgramException("In " + step.name + ": the uid " + uid
                        + " is used twice in the job. Give each step a uid of its own.");
            }
            uids.put(step, uid);
        }
        return uids;
    }

    /** A step with side outputs that are read ends its chain: the edges of all its outputs begin there. */
    private boolean isChained(Transformation step) {
        if (step.inputs.size() != 1) {
            return false;
        }
        Transformation.Input input = step.inputs.get(0);
        return input.exchange().isForward()
                && !step.startsChain
                && !input.from().endsChain
                && input.output().equals(Transformation.MAIN)
                && step.parallelism == input.from().parallelism
                && consumers.getOrDefault(input.from(), 0) == 1;
    }

    private Vertex vertex(int id, List<Transformation> chain, Map<Transformation, String> uids) {
        List<Operator> operators = new ArrayList<>();
        List<String> names = new ArrayList<>();
        boolean isOfSource = chain.get(0).role == OperatorRole.SOURCE_READER;
        for (Transformation step : chain) {
            if (step.isAligned() && !isOfSource) {
                throw new InvalidProgramException(
                        "In " + step.name + ": withWatermarkAlignment(...) holds a source, and has"
                                + " to be in its thread. Call assignTimestamps(...) once, behind from(...), with the same"
                                + " parallelism, and before anything else reads that stream.");
            }
            isOfSource &= !step.givesTime();
            operators.add(new Operator(
                    uids.getOrDefault(step, ""),
                    step.name,
                    step.isStateful(),
                    step.role,
                    Opaque.write(step.definition, step.name)));
            names.add(step.name);
        }
        return new Vertex(id, String.join(" -> ", names), chain.get(0).parallelism, operators);
    }

    private Edge edge(int id, int from, int to, Transformation step, Transformation.Input input) {
        Partitioning partitioning = input.exchange().partitioning();
        if (input.exchange().isForward() && step.parallelism != input.from().parallelism) {
            if (input.exchange().strict()) {
                throw new InvalidProgramException("In " + step.name + ": its parallelism of " + step.parallelism
                        + " is not the " + input.from().parallelism + " of " + input.from().name
                        + ", and forward() needs as many. Give both the same, or choose rescale() or rebalance().");
            }
            partitioning = Partitioning.REBALANCE;
        }
        return new Edge(
                id,
                from,
                to,
                partitioning,
                Opaque.write(definition(input), step.name),
                input.ordinal(),
                input.output(),
                !timed.contains(input.from()));
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static EdgeDefinition<?, ?> definition(Transformation.Input input) {
        Exchange exchange = input.exchange();
        return new EdgeDefinition(input.serde(), exchange.key(), exchange.keySerde(), exchange.partitioner());
    }
}
