package io.selvage.master.checkpoint;

import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.PartState;
import io.selvage.protocol.wire.SubtaskPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Pure: why a checkpoint took as long as it did, or where it got stuck, as a sentence for whoever runs the job.
 *
 * <p>A complete one is as long as the way of the subtask that was through last: barrier, alignment, pause, writing,
 * upload by its executor, metadata, record. The longest stretch of that way is named. What came before its first
 * barrier happened at others: at the source that was late, at one that aligned, or in the queues in between.
 */
final class SlowestPart {
    /** What took less needs no remedy. */
    static final long SLOW_MICROS = 1_000_000;
    /** Below so many bytes a second it is HDFS that is slow, and not the state that is large. */
    static final long SLOW_UPLOAD_BYTES = 20_000_000;

    /** A stretch of the way, where, and what there is to be done if it is long. */
    private record Stretch(long micros, String what, String remedy) {}

    private final CheckpointDescription checkpoint;
    private final List<VertexFacts> vertices;
    private final List<SubtaskPart> acknowledged;

    private SlowestPart(CheckpointDescription checkpoint, List<VertexFacts> vertices) {
        this.checkpoint = checkpoint;
        this.vertices = vertices;
        this.acknowledged = checkpoint.getSubtasksList().stream()
                .filter(part -> part.getState() == PartState.PART_ACKNOWLEDGED)
                .toList();
    }

    /** @param vertices in topological order, as are the subtasks of the checkpoint */
    static String sentence(CheckpointDescription checkpoint, List<VertexFacts> vertices) {
        SlowestPart slowest = new SlowestPart(checkpoint, vertices);
        return checkpoint.getState() == CheckpointState.CHECKPOINT_FAILED ? slowest.ofFailed() : slowest.ofComplete();
    }

    // ---- complete ------------------------------------------------------------------------------------------------

    private String ofComplete() {
        List<Stretch> way = way();
        long known = way.stream().mapToLong(Stretch::micros).sum();
        way.add(new Stretch(
                Math.max(0, checkpoint.getDurationMicros() - known),
                "in between",
                "Processes or the network were held up: see how busy the nodes are, and whether the garbage collector"
                        + " pauses."));
        Stretch longest =
                way.stream().max(Comparator.comparingLong(Stretch::micros)).orElseThrow();
        String found = "The longest part of " + time(checkpoint.getDurationMicros()) + " was " + time(longest.micros())
                + " " + longest.what() + ".";
        return longest.micros() < SLOW_MICROS ? found : found + " " + longest.remedy();
    }

    private List<Stretch> way() {
        List<Stretch> way = new ArrayList<>();
        SubtaskPart last = acknowledged.stream()
                .max(Comparator.comparingLong(part -> cutMicros(part) + part.getUploadMicros()))
                .orElse(null);
        if (last != null) {
            addUntilFirstBarrier(last, way);
            way.add(alignment(last, last.getAlignmentMicros()));
            way.add(new Stretch(
                    last.getSynchronousMicros(),
                    "in which " + name(last) + " stood still to cut its state",
                    "Single rows of it are very large, or a sink takes long to prepare its output: split the rows, or"
                            + " see what the sink waits for."));
            way.add(new Stretch(
                    last.getGatheringMicros(),
                    "in which " + name(last) + " wrote down what had changed, between its records",
                    "Much changes between two checkpoints, or it has much to do besides: raise its parallelism, or take"
                            + " checkpoints more often, as each then holds less."));
            way.add(upload(last));
        }
        way.add(new Stretch(
                checkpoint.getPublishMicros(),
                "in which the metadata were written",
                "Small files take long in HDFS: look at the NameNode's queue and at the DataNodes."));
        way.add(new Stretch(
                checkpoint.getJournalMicros(),
                "in which its record was written into the journal",
                "Small files take long in HDFS: look at the NameNode's queue and at the DataNodes."));
        return way;
    }

    private static long cutMicros(SubtaskPart part) {
        return part.getFirstBarrierMicros()
                + part.getAlignmentMicros()
                + part.getSynchronousMicros()
                + part.getGatheringMicros();
    }

    private void addUntilFirstBarrier(SubtaskPart last, List<Stretch> way) {
        long first = last.getFirstBarrierMicros();
        if (isSource(last)) {
            way.add(lateSource(last, first));
            return;
        }
        Optional<SubtaskPart> source = longest(this::isSource, first, SlowestPart::sourceMicros);
        Optional<SubtaskPart> aligning = longest(part -> !isSource(part), first, SubtaskPart::getAlignmentMicros);
        long atSource = source.map(SlowestPart::sourceMicros).orElse(0L);
        long atAligning = aligning.map(SubtaskPart::getAlignmentMicros).orElse(0L);
        source.ifPresent(part -> way.add(lateSource(part, atSource)));
        aligning.ifPresent(part -> way.add(alignment(part, atAligning)));
        way.add(new Stretch(
                Math.max(0, first - atSource - atAligning),
                "until the first barrier had come to " + name(last),
                "It waits behind the records before it (back-pressure): that operator, or what follows it, is slower"
                        + " than its input. Raise its parallelism, or have it do less for each record."));
    }

    /** A source aligns with nothing: what it shows there is that the barrier found no room behind it. */
    private static long sourceMicros(SubtaskPart part) {
        return part.getFirstBarrierMicros() + part.getAlignmentMicros();
    }

    /** Of the parts that were through with their barriers by then, the one where that took longest. */
    private Optional<SubtaskPart> longest(
            Predicate<SubtaskPart> wanted, long byMicros, ToLongFunction<SubtaskPart> micros) {
        return acknowledged.stream()
                .filter(wanted)
                .filter(part -> part.getFirstBarrierMicros() + part.getAlignmentMicros() <= byMicros)
                .max(Comparator.comparingLong(micros));
    }

    private Stretch lateSource(SubtaskPart source, long micros) {
        return new Stretch(micros, "until " + name(source) + " had turned to it", busySource());
    }

    private static String busySource() {
        return "The source is busy in one call, or what it emits finds no room (back-pressure): see what its reader"
                + " waits for, or raise the parallelism of what follows it.";
    }

    private Stretch alignment(SubtaskPart at, long micros) {
        return new Stretch(
                micros,
                "from the first barrier to the last at " + name(at),
                "Records wait before some of its barriers (back-pressure): it, or what follows it, is slower than its"
                        + " input, or one input is behind the others. Raise the parallelism there, or spread the keys"
                        + " more evenly.");
    }

    private Stretch upload(SubtaskPart of) {
        long bytes = acknowledged.stream()
                .filter(part -> part.getExecutorId().equals(of.getExecutorId()))
                .mapToLong(SubtaskPart::getBytes)
                .sum();
        boolean isSlow = bytes < SLOW_UPLOAD_BYTES * (of.getUploadMicros() / 1e6);
        return new Stretch(
                of.getUploadMicros(),
                "in which " + of.getExecutorId() + " wrote " + size(bytes) + " to HDFS",
                isSlow
                        ? "HDFS is slow there: look at its DataNodes, and at the network of that node."
                        : "That is much at once: spread it over more executors, or take checkpoints more often, as each"
                                + " then holds less.");
    }

    // ---- given up ------------------------------------------------------------------------------------------------

    private String ofFailed() {
        List<SubtaskPart> missing = checkpoint.getSubtasksList().stream()
                .filter(part -> part.getState() != PartState.PART_ACKNOWLEDGED)
                .toList();
        if (missing.isEmpty()) {
            return acknowledged.isEmpty()
                    ? "Nothing is known of its subtasks."
                    : "All of its subtasks had acknowledged it.";
        }
        String executors =
                missing.stream().map(SubtaskPart::getExecutorId).distinct().collect(Collectors.joining(", "));
        return "Not acknowledged by " + executors + ". " + whereItIsStuck(missing);
    }

    /** Where the barrier is: what is before that has cut, what is after it has not heard of it. */
    private String whereItIsStuck(List<SubtaskPart> missing) {
        Optional<SubtaskPart> aligning = first(missing, PartState.PART_ALIGNS);
        Optional<SubtaskPart> waiting = first(missing, PartState.PART_AWAITS_BARRIER);
        if (waiting.isPresent() && (aligning.isEmpty() || isBefore(waiting.get(), aligning.get()))) {
            SubtaskPart at = waiting.get();
            return isSource(at)
                    ? name(at) + " has not turned to it. " + busySource()
                    : "No barrier has come to " + name(at)
                            + ": it waits behind the records before it (back-pressure). That operator, or what"
                            + " follows it, is slower than its input: raise its parallelism, or have it do less for"
                            + " each record.";
        }
        if (aligning.isPresent()) {
            Stretch alignment = alignment(aligning.get(), 0);
            return "It waits " + alignment.what() + ". " + alignment.remedy();
        }
        return first(missing, PartState.PART_STORES)
                .map(part -> "All that is known has cut, and is writing its state, as does " + name(part)
                        + ": see whether HDFS answers, and how large the state is.")
                .orElse("No heartbeat has told how far they are: see those executors' logs.");
    }

    private static Optional<SubtaskPart> first(List<SubtaskPart> parts, PartState state) {
        return parts.stream().filter(part -> part.getState() == state).findFirst();
    }

    private boolean isBefore(SubtaskPart one, SubtaskPart other) {
        return checkpoint.getSubtasksList().indexOf(one)
                < checkpoint.getSubtasksList().indexOf(other);
    }

    // ---- words ---------------------------------------------------------------------------------------------------

    private boolean isSource(SubtaskPart part) {
        VertexFacts vertex = vertexOf(part);
        return vertex != null && vertex.source();
    }

    private String name(SubtaskPart part) {
        VertexFacts vertex = vertexOf(part);
        return (vertex == null ? "vertex " + part.getVertex() : vertex.name()) + ", subtask " + part.getSubtask();
    }

    private @Nullable VertexFacts vertexOf(SubtaskPart part) {
        return vertices.stream()
                .filter(vertex -> vertex.id() == part.getVertex())
                .findFirst()
                .orElse(null);
    }

    private static String time(long micros) {
        return micros < SLOW_MICROS ? micros / 1_000 + " ms" : String.format(Locale.ROOT, "%.1f s", micros / 1e6);
    }

    private static String size(long bytes) {
        return bytes < 1_000_000 ? bytes / 1_000 + " kB" : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
