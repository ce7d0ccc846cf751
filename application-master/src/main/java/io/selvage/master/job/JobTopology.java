package io.selvage.master.job;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.EdgeMessage;
import io.selvage.protocol.wire.EdgePartitioning;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.OperatorMessage;
import io.selvage.protocol.wire.OperatorRole;
import io.selvage.protocol.wire.VertexMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the master knows of a job's graph. Slots are shared: slot i runs subtask i of each vertex that has one.
 *
 * @param vertices in topological order
 * @param forwards edges between subtasks of the same index alone
 */
record JobTopology(List<Vertex> vertices, List<Forward> forwards, int maxParallelism) {
    /**
     * @param submittedParallelism that it had before the job was rescaled for the first time
     * @param region the connected part of the graph that it belongs to
     * @param uids of its operators
     * @param planner it has one subtask, whatever the parallelism is
     * @param source barriers start there, or come from where they start only
     * @param reader its records in count as the job's input; for a sink, as the job's output
     */
    record Vertex(
            VertexId id,
            String name,
            int parallelism,
            int submittedParallelism,
            Region region,
            List<String> uids,
            boolean planner,
            boolean source,
            boolean reader,
            boolean sink) {
        Vertex {
            uids = List.copyOf(uids);
        }

        Vertex withParallelism(int another) {
            return new Vertex(id, name, another, submittedParallelism, region, uids, planner, source, reader, sink);
        }
    }

    /** Both have the same parallelism. */
    record Forward(VertexId from, VertexId to) {}

    /**
     * Vertices that edges connect, in whichever direction: nothing passes between two regions.
     *
     * @param first its vertex with the lowest number
     */
    record Region(VertexId first) implements Comparable<Region> {
        @Override
        public int compareTo(Region other) {
            return first.compareTo(other.first);
        }

        @Override
        public String toString() {
            return "region of " + first;
        }
    }

    JobTopology {
        vertices = List.copyOf(vertices);
        forwards = List.copyOf(forwards);
    }

    /** Why a graph can't be run, as a sentence; empty if it can. */
    static Optional<String> refusal(JobGraphMessage graph) {
        if (graph.getVerticesCount() == 0) {
            return Optional.of("The job's graph has no vertex: add a source and a sink to the program.");
        }
        Set<Integer> ids = new HashSet<>();
        for (VertexMessage vertex : graph.getVerticesList()) {
            if (vertex.getId() < 1 || !ids.add(vertex.getId())) {
                return Optional.of("The job's graph has two vertices numbered " + vertex.getId()
                        + ", or one without a number: the client that wrote it is broken.");
            }
            if (vertex.getParallelism() < 1 || vertex.getParallelism() > graph.getMaxParallelism()) {
                return Optional.of("Vertex \"" + vertex.getName() + "\" has parallelism " + vertex.getParallelism()
                        + ", and only 1 to " + graph.getMaxParallelism()
                        + " is possible: change it or selvage.parallelism.max.");
            }
        }
        return Optional.empty();
    }

    static JobTopology of(JobGraphMessage graph) {
        Map<Integer, Integer> lowest = lowestConnected(graph);
        List<Vertex> vertices = new ArrayList<>();
        for (VertexMessage vertex : graph.getVerticesList()) {
            vertices.add(new Vertex(
                    new VertexId(vertex.getId()),
                    vertex.getName(),
                    vertex.getParallelism(),
                    vertex.getSubmittedParallelism() == 0 ? vertex.getParallelism() : vertex.getSubmittedParallelism(),
                    new Region(new VertexId(lowest.getOrDefault(vertex.getId(), vertex.getId()))),
                    vertex.getOperatorsList().stream()
                            .map(OperatorMessage::getUid)
                            .filter(uid -> !uid.isEmpty())
                            .toList(),
                    has(vertex, OperatorRole.SOURCE_PLANNER),
                    has(vertex, OperatorRole.SOURCE_PLANNER) || has(vertex, OperatorRole.SOURCE_READER),
                    has(vertex, OperatorRole.SOURCE_READER),
                    has(vertex, OperatorRole.SINK)));
        }
        List<Forward> forwards = graph.getEdgesList().stream()
                .filter(edge -> edge.getPartitioning() == EdgePartitioning.FORWARD)
                .map(edge -> new Forward(new VertexId(edge.getFrom()), new VertexId(edge.getTo())))
                .toList();
        return new JobTopology(vertices, forwards, graph.getMaxParallelism());
    }

    // ---- another parallelism -------------------------------------------------------------------------------------

    /**
     * The parallelism that each vertex gets. It is the same however often the job is rescaled before.
     *
     * @param highest of the vertices that had the highest when the job was submitted; 0: they keep what they have
     * @param ofUid of the vertices that hold these operators
     */
    Map<VertexId, Integer> parallelismFor(int highest, Map<String, Integer> ofUid) {
        int submitted =
                vertices.stream().mapToInt(Vertex::submittedParallelism).max().orElse(0);
        Map<VertexId, Integer> wanted = new TreeMap<>();
        for (Vertex vertex : vertices) {
            boolean isOfHighest = !vertex.planner() && vertex.submittedParallelism() == submitted;
            int base = highest > 0 && isOfHighest ? highest : vertex.parallelism();
            wanted.put(
                    vertex.id(),
                    vertex.uids().stream()
                            .filter(ofUid::containsKey)
                            .findFirst()
                            .map(uid -> ofUid.getOrDefault(uid, base))
                            .orElse(base));
        }
        return wanted;
    }

    /** Why the job can't have that parallelism, as a sentence; empty if it can. */
    Optional<String> refusalOf(Map<VertexId, Integer> wanted, Map<String, Integer> ofUid) {
        Set<String> unknown = new TreeSet<>(ofUid.keySet());
        for (Vertex vertex : vertices) {
            vertex.uids().forEach(unknown::remove);
            int parallelism = wanted.getOrDefault(vertex.id(), vertex.parallelism());
            if (parallelism < 1 || parallelism > maxParallelism) {
                return Optional.of("\"" + vertex.name() + "\" can have 1 to " + maxParallelism
                        + " subtasks, as the job's maximum parallelism is " + maxParallelism + ", and not "
                        + parallelism + ". A higher maximum needs a start without state.");
            }
            if (vertex.planner() && parallelism != 1) {
                return Optional.of("\"" + vertex.name() + "\" plans a source's splits, which one subtask does: name the"
                        + " source's own uid.");
            }
            Set<Integer> named = new TreeSet<>();
            vertex.uids().stream().filter(ofUid::containsKey).forEach(uid -> named.add(ofUid.getOrDefault(uid, 0)));
            if (named.size() > 1) {
                return Optional.of("The steps " + String.join(", ", vertex.uids())
                        + " run in one thread, and can't have different parallelisms: " + named + ".");
            }
        }
        if (!unknown.isEmpty()) {
            return Optional.of("The job has no step with the uid " + String.join(", ", unknown) + "; it has "
                    + vertices.stream()
                            .flatMap(vertex -> vertex.uids().stream())
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        for (Forward edge : forwards) {
            int from = wanted.getOrDefault(edge.from(), 0);
            int to = wanted.getOrDefault(edge.to(), 0);
            if (from != to) {
                return Optional.of("\"" + nameOf(edge.from()) + "\" hands its elements to \"" + nameOf(edge.to())
                        + "\" slot by slot, so that both need the same parallelism, and not " + from + " and " + to
                        + ".");
            }
        }
        return Optional.empty();
    }

    private String nameOf(VertexId id) {
        return vertices.stream()
                .filter(vertex -> vertex.id().equals(id))
                .map(Vertex::name)
                .findFirst()
                .orElse(id.toString());
    }

    JobTopology with(Map<VertexId, Integer> parallelism) {
        return new JobTopology(
                vertices.stream()
                        .map(vertex ->
                                vertex.withParallelism(parallelism.getOrDefault(vertex.id(), vertex.parallelism())))
                        .toList(),
                forwards,
                maxParallelism);
    }

    /** For people: what each vertex has. */
    String parallelismInWords() {
        return vertices.stream()
                .map(vertex -> "\"" + vertex.name() + "\" " + vertex.parallelism())
                .collect(Collectors.joining(", "));
    }

    // ---- details -------------------------------------------------------------------------------------------------

    /** For each vertex the lowest number among those that it is connected with. */
    private static Map<Integer, Integer> lowestConnected(JobGraphMessage graph) {
        Map<Integer, Integer> lowest = new HashMap<>();
        graph.getVerticesList().forEach(vertex -> lowest.put(vertex.getId(), vertex.getId()));
        boolean changes = true;
        while (changes) {
            changes = false;
            for (EdgeMessage edge : graph.getEdgesList()) {
                int least = Math.min(
                        lowest.getOrDefault(edge.getFrom(), edge.getFrom()),
                        lowest.getOrDefault(edge.getTo(), edge.getTo()));
                boolean fromFalls = !Objects.equals(lowest.put(edge.getFrom(), least), least);
                boolean toFalls = !Objects.equals(lowest.put(edge.getTo(), least), least);
                changes |= fromFalls || toFalls;
            }
        }
        return lowest;
    }

    Set<Region> regions() {
        return vertices.stream().map(Vertex::region).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws IllegalArgumentException if the job has no such vertex */
    Region regionOf(VertexId id) {
        return vertices.stream()
                .filter(vertex -> vertex.id().equals(id))
                .map(Vertex::region)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The job has no vertex " + id + "."));
    }

    /** Slots that run a part of the region: the first ones. */
    int slotsOf(Region region) {
        return vertices.stream()
                .filter(vertex -> vertex.region().equals(region))
                .mapToInt(Vertex::parallelism)
                .max()
                .orElse(0);
    }

    int slotsNeeded() {
        return vertices.stream().mapToInt(Vertex::parallelism).max().orElse(0);
    }

    List<SubtaskId> subtasks() {
        List<SubtaskId> subtasks = new ArrayList<>();
        for (Vertex vertex : vertices) {
            for (int index = 0; index < vertex.parallelism(); index++) {
                subtasks.add(new SubtaskId(vertex.id(), index));
            }
        }
        return subtasks;
    }

    private static boolean has(VertexMessage vertex, OperatorRole role) {
        return vertex.getOperatorsList().stream().anyMatch(operator -> operator.getRole() == role);
    }
}
