package io.selvage.checkpoint.content;

import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Operator;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.snapshot.OwnState;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads. Whether the metadata of a checkpoint name every subtask of each operator that they have
 * state of, once. One that they do not name would start with nothing, as if it had never seen an element.
 *
 * <p>Every subtask is in a checkpoint, with or without state, and so is each operator that keeps any, with each kind of
 * it, also when it has nothing, or its input has ended. Only one that folds elements ahead of an exchange is left out
 * where it has nothing: there the subtask itself must be named.
 */
public final class SubtaskCoverage {
    private final SegmentReader segments;

    public SubtaskCoverage(SegmentReader segments) {
        this.segments = segments;
    }

    /**
     * Reads a byte of what one subtask of an operator had at most, and only if another one of them is not named.
     *
     * @param file the metadata's, named in the message
     * @throws SegmentDamagedException if a subtask is missing, or another one is in its place
     */
    public void require(CheckpointMetadata metadata, String file) throws IOException {
        refuseIfAny(gaps(metadata), file);
    }

    /**
     * The same of one operator: who reads nothing else from the metadata needs no more of them.
     *
     * @param file the metadata's, named in the message
     * @throws SegmentDamagedException if a subtask of it is missing, or another one is in its place
     */
    public void requireOperator(CheckpointMetadata metadata, String uid, String file) throws IOException {
        refuseIfAny(gapsOfOperators(metadata, presentSubtasks(metadata), uid::equals), file);
    }

    /**
     * Of a job's own checkpoint: that each of its vertices is in it. Operators that another job has not had have
     * nothing in what that one has left.
     *
     * @param file the metadata's, named in the message
     * @throws SegmentDamagedException if one is not
     */
    public static void requireVertices(CheckpointMetadata metadata, JobGraph graph, String file)
            throws SegmentDamagedException {
        Set<Integer> named = metadata.getSubtasksList().stream()
                .map(SubtaskSnapshot::getVertex)
                .collect(Collectors.toSet());
        List<String> gaps = graph.vertices().stream()
                .filter(vertex -> !named.contains(vertex.id()))
                .map(vertex -> "The metadata lack what all subtasks of " + vertex.name() + " had, with the operators "
                        + vertex.operators().stream().map(Operator::uid).collect(Collectors.joining(", ")) + ".")
                .toList();
        refuseIfAny(gaps, file);
    }

    private static void refuseIfAny(List<String> gaps, String file) throws SegmentDamagedException {
        if (!gaps.isEmpty()) {
            throw new SegmentDamagedException("The checkpoint metadata " + file + " can't be restored from. "
                    + String.join(" ", gaps) + " A job that goes on from them would do so without that state. Restore"
                    + " the file from an HDFS snapshot or backup, or start the job from another checkpoint or"
                    + " savepoint.");
        }
    }

    /**
     * The same.
     *
     * @return a sentence for each operator and what is wrong with it; empty: nothing is
     */
    public List<String> gaps(CheckpointMetadata metadata) throws IOException {
        Map<Integer, BitSet> present = presentSubtasks(metadata);
        List<String> gaps = gapsOfOperators(metadata, present, uid -> true);
        gaps.addAll(gapsOfChannels(metadata, present));
        return gaps;
    }

    /** By vertex. */
    private static Map<Integer, BitSet> presentSubtasks(CheckpointMetadata metadata) {
        Map<Integer, BitSet> present = new HashMap<>();
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            present.computeIfAbsent(subtask.getVertex(), any -> new BitSet()).set(subtask.getSubtask());
        }
        return present;
    }

    private List<String> gapsOfOperators(
            CheckpointMetadata metadata, Map<Integer, BitSet> present, Predicate<String> isAsked) throws IOException {
        Map<String, Named> operators = new LinkedHashMap<>(); // By uid.
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                if (isAsked.test(operator.getOperatorUid())) {
                    operators
                            .computeIfAbsent(
                                    operator.getOperatorUid(),
                                    uid -> new Named(subtask.getVertex(), operator.getParallelism()))
                            .add(operator);
                }
            }
        }
        List<String> gaps = new ArrayList<>();
        for (Map.Entry<String, Named> operator : operators.entrySet()) {
            gaps.addAll(operator.getValue().gaps(operator.getKey(), present));
        }
        return gaps;
    }

    /** Owned by a look: what the metadata say of one operator. */
    private final class Named {
        private final int vertex;
        private final int parallelism;
        private final BitSet subtasks = new BitSet();
        private final BitSet keyed = new BitSet(); // Those of them with keyed state.
        private final BitSet own = new BitSet(); // With other state.
        private final BitSet twice = new BitSet();
        private final BitSet beyond = new BitSet();
        private @Nullable OperatorSnapshot oneWithOwn; // One writer's version has written all of them.
        private int otherParallelism = -1; // None.

        Named(int vertex, int parallelism) {
            this.vertex = vertex;
            this.parallelism = parallelism;
        }

        void add(OperatorSnapshot snapshot) {
            int subtask = snapshot.getSubtask();
            if (snapshot.getParallelism() != parallelism) {
                otherParallelism = snapshot.getParallelism();
            } else if (subtask >= parallelism) {
                beyond.set(subtask);
            } else if (subtasks.get(subtask)) {
                twice.set(subtask);
            }
            subtasks.set(subtask);
            if (snapshot.getKeyedStateCount() > 0) {
                keyed.set(subtask);
            }
            if (OwnState.isIn(snapshot)) {
                own.set(subtask);
                oneWithOwn = oneWithOwn == null ? snapshot : oneWithOwn;
            }
        }

        List<String> gaps(String uid, Map<Integer, BitSet> present) throws IOException {
            List<String> gaps = new ArrayList<>();
            if (otherParallelism >= 0) {
                gaps.add("The metadata say that operator " + uid + " had the parallelism " + parallelism + ", and "
                        + otherParallelism + " as well.");
            }
            if (!beyond.isEmpty()) {
                gaps.add("The metadata hold the subtasks " + beyond + " of operator " + uid + ", which had "
                        + parallelism + ".");
            }
            if (!twice.isEmpty()) {
                gaps.add("The metadata hold the subtasks " + twice + " of operator " + uid + " twice.");
            }
            BitSet missing = surelyMissing(present.getOrDefault(vertex, new BitSet()));
            if (!missing.isEmpty()) {
                gaps.add("The metadata lack what the subtasks " + missing + " of " + parallelism + " of operator " + uid
                        + " had.");
            }
            addUnless(keyed, "keyed state", uid, gaps);
            addUnless(own, "state beside keyed state", uid, gaps);
            return gaps;
        }

        /** What one of the subtasks that are named has, all of them have, be it of no key at all. */
        private void addUnless(BitSet having, String what, String uid, List<String> gaps) {
            BitSet without = (BitSet) subtasks.clone();
            without.andNot(having);
            if (!having.isEmpty() && !without.isEmpty()) {
                gaps.add("The metadata lack the " + what + " that the subtasks " + without + " of operator " + uid
                        + " had.");
            }
        }

        /**
         * Of subtasks that are in the metadata with other operators, a head tells whether this one had nothing there.
         */
        private BitSet surelyMissing(BitSet present) throws IOException {
            BitSet missing = missing(parallelism, subtasks);
            BitSet absent = (BitSet) missing.clone();
            absent.andNot(present);
            if (missing.isEmpty() || !keyed.isEmpty() || oneWithOwn == null) {
                return missing;
            }
            return !absent.isEmpty() || mayHaveNothing(oneWithOwn) ? absent : missing;
        }

        /** The first versions do not say what it is that they have written. */
        private boolean mayHaveNothing(OperatorSnapshot snapshot) throws IOException {
            return OperatorStateKind.PARTIAL_AGGREGATES.isPossible(OwnState.head(snapshot, segments));
        }
    }

    /**
     * Of vertices that keep no state otherwise: a subtask that is named and had nothing under way has no more to say.
     */
    private static List<String> gapsOfChannels(CheckpointMetadata metadata, Map<Integer, BitSet> present) {
        Map<Integer, String> gaps = new LinkedHashMap<>(); // By vertex.
        for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
            ChannelsSnapshot channels = subtask.getChannels();
            BitSet missing =
                    missing(channels.getParallelism(), present.getOrDefault(subtask.getVertex(), new BitSet()));
            if (!missing.isEmpty() && channels.getEdgesCount() > 0) {
                gaps.put(
                        subtask.getVertex(),
                        "The metadata lack what was under way to the subtasks " + missing + " of "
                                + channels.getParallelism() + " of operator "
                                + channels.getEdges(0).getToOperatorUid() + ".");
            }
        }
        return List.copyOf(gaps.values());
    }

    private static BitSet missing(int parallelism, BitSet named) {
        BitSet missing = new BitSet();
        missing.set(0, Math.max(0, parallelism));
        missing.andNot(named);
        return missing;
    }
}
