package io.selvage.checkpoint.restore;

import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.checkpoint.backend.BroadcastSection;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.snapshot.OwnState;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Owned by a check, and blocks on the file system: what operators keep in a checkpoint beside their keyed state, and
 * whether the steps that have their uids now can take it up. What the steps' tasks would find out is found out here.
 */
final class OwnStates {
    /** The head and an instant. */
    private static final int EVENT_TIME_BYTES = 1 + Long.BYTES;

    private final SegmentReader segments;
    private final Map<String, List<OperatorSnapshot>> snapshots = new LinkedHashMap<>(); // With such state, by uid.
    private final Set<String> keyed; // Operators with keyed state.

    OwnStates(CheckpointMetadata metadata, SegmentReader segments) {
        this.segments = segments;
        List<OperatorSnapshot> all = metadata.getSubtasksList().stream()
                .flatMap(subtask -> subtask.getOperatorsList().stream())
                .toList();
        for (OperatorSnapshot each : all) {
            if (OwnState.isIn(each)) {
                snapshots
                        .computeIfAbsent(each.getOperatorUid(), uid -> new ArrayList<>())
                        .add(each);
            }
        }
        this.keyed = all.stream()
                .filter(each -> each.getKeyedStateCount() > 0)
                .map(OperatorSnapshot::getOperatorUid)
                .collect(Collectors.toSet());
    }

    boolean has(String uid) {
        return snapshots.containsKey(uid);
    }

    /**
     * A step may have the uid that one of another kind had. A planner's state is its connector's own.
     *
     * @param definition null: of no kind that is known here
     * @return what follows "the checkpoint", to the end of the last sentence; empty: the step can take it up
     */
    Optional<String> misfit(Operator operator, @Nullable OperatorDefinition definition) throws IOException {
        List<OperatorSnapshot> own = snapshots.get(operator.uid());
        if (own == null || operator.role() == OperatorRole.SOURCE_PLANNER) {
            return Optional.empty();
        }
        Set<OperatorStateKind> taken = definition == null ? kindsOfRole(operator) : EnumSet.of(kindOf(definition));
        byte head = OwnState.head(own.get(0), segments);
        if (!OperatorStateKind.isSaid(head)) {
            return misfitOfFirstVersion(operator.uid(), own.get(0), taken);
        }
        Optional<String> misfit = OperatorStateKind.misfit(head, taken);
        return misfit.isPresent() && isOfNothing(own, head) ? Optional.empty() : misfit;
    }

    /** In all subtasks: of what is empty nothing can be lost. */
    private boolean isOfNothing(List<OperatorSnapshot> own, byte head) throws IOException {
        if (Arrays.stream(OperatorStateKind.values()).noneMatch(kind -> kind.mayBeOfNothing() && kind.isSaidBy(head))) {
            return false;
        }
        for (OperatorSnapshot snapshot : own) {
            if (!OperatorStateKind.isOfNothing(all(snapshot))) {
                return false;
            }
        }
        return true;
    }

    /** What the first versions have written does not say what it is of: whether there are keys beside it does. */
    private Optional<String> misfitOfFirstVersion(String uid, OperatorSnapshot snapshot, Set<OperatorStateKind> taken) {
        boolean isKeyed = keyed.contains(uid);
        if (isKeyed && !taken.contains(OperatorStateKind.EVENT_TIME)) {
            return Optional.of(OperatorStateKind.EVENT_TIME.inPlaceOf(taken));
        }
        long length = snapshot.hasOperatorState()
                ? snapshot.getOperatorState().getLength()
                : snapshot.getSmallOperatorState().size();
        boolean isOnlyEventTime = taken.size() == 1 && taken.contains(OperatorStateKind.EVENT_TIME);
        return !isKeyed && isOnlyEventTime && length != EVENT_TIME_BYTES
                ? Optional.of("has state in place of event time that does not say what it is: a step has the uid that"
                        + " one of another kind had. Give it another one.")
                : Optional.empty();
    }

    /** Of which state an operator's tasks take up. */
    private static OperatorStateKind kindOf(OperatorDefinition definition) {
        if (definition instanceof OperatorDefinition.BroadcastProcess<?, ?, ?>) {
            return OperatorStateKind.BROADCAST;
        }
        if (definition instanceof OperatorDefinition.Async<?, ?>) {
            return OperatorStateKind.UNDER_WAY;
        }
        if (definition instanceof OperatorDefinition.PartialAggregate<?, ?, ?>) {
            return OperatorStateKind.PARTIAL_AGGREGATES;
        }
        if (definition instanceof OperatorDefinition.ReadSplits<?, ?>) {
            return OperatorStateKind.SOURCE_POSITIONS;
        }
        if (definition instanceof OperatorDefinition.WriteSink<?, ?>) {
            return OperatorStateKind.PENDING_OUTPUT;
        }
        // Steps without state take nothing up, and of event time there is nothing to be lost.
        return OperatorStateKind.EVENT_TIME;
    }

    private static Set<OperatorStateKind> kindsOfRole(Operator operator) {
        if (!operator.stateful()) { // One that assigns timestamps has that all the same.
            return EnumSet.of(OperatorStateKind.EVENT_TIME);
        }
        return switch (operator.role()) {
            case SOURCE_READER -> EnumSet.of(OperatorStateKind.SOURCE_POSITIONS);
            case SINK -> EnumSet.of(OperatorStateKind.PENDING_OUTPUT);
            case TRANSFORM, SOURCE_PLANNER ->
                EnumSet.complementOf(EnumSet.of(OperatorStateKind.SOURCE_POSITIONS, OperatorStateKind.PENDING_OUTPUT));
        };
    }

    /**
     * The broadcast states that hold something, and that the step does not declare: its tasks leave them out. All
     * subtasks have them, and one may have heard more than another.
     */
    Set<String> droppedBroadcast(String uid, OperatorDefinition definition) throws IOException {
        List<OperatorSnapshot> own = snapshots.getOrDefault(uid, List.of());
        Set<String> dropped = new TreeSet<>();
        Set<String> declared = broadcastOf(definition);
        for (OperatorSnapshot snapshot : own) {
            List<BroadcastSection> undeclared = broadcastIn(snapshot, definition).stream()
                    .filter(section -> !declared.contains(section.name()))
                    .toList();
            if (undeclared.isEmpty()) {
                break;
            }
            undeclared.stream()
                    .filter(section -> !section.isEmpty())
                    .map(BroadcastSection::name)
                    .forEach(dropped::add);
        }
        return dropped;
    }

    private static Set<String> broadcastOf(OperatorDefinition definition) {
        List<MapStateDescriptor<?, ?>> declared = List.of();
        if (definition instanceof OperatorDefinition.BroadcastProcess<?, ?, ?> process) {
            declared = process.states();
        } else if (definition instanceof OperatorDefinition.KeyedBroadcastProcess<?, ?, ?, ?> process) {
            declared = process.states();
        }
        return declared.stream().map(MapStateDescriptor::name).collect(Collectors.toSet());
    }

    /** With keyed state it stands behind event time. */
    private List<BroadcastSection> broadcastIn(OperatorSnapshot snapshot, OperatorDefinition definition)
            throws IOException {
        boolean isKeyed = keyed.contains(snapshot.getOperatorUid());
        if (!isKeyed && !(definition instanceof OperatorDefinition.BroadcastProcess<?, ?, ?>)) {
            return List.of(); // Of another kind it would be refused.
        }
        byte[] state = all(snapshot);
        if (!isKeyed && OperatorStateKind.UNDER_WAY.isSaidBy(state[0])) {
            return List.of(); // Of elements, of which there are none.
        }
        BinaryReader in = new BinaryReader(state);
        if (isKeyed) {
            OperatorStateKind.EVENT_TIME.readHead(in);
            in.readLong();
        }
        return in.remaining() == 0 ? List.of() : BroadcastSection.read(in);
    }

    private byte[] all(OperatorSnapshot snapshot) throws IOException {
        return snapshot.hasOperatorState()
                ? segments.read(SegmentHandle.fromWire(snapshot.getOperatorState()))
                : snapshot.getSmallOperatorState().toByteArray();
    }
}
