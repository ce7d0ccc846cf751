package io.selvage.api;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A step of the program on its way to becoming an operator; changed by the program's thread until the graph is built.
 */
final class Transformation {
    /** The name of a step's elements among its outputs; the others are side outputs. */
    static final String MAIN = "";

    /**
     * Elements that a step reads.
     *
     * @param output of the step that they come from: {@link #MAIN} or the name of a side output
     * @param ordinal which input of this step they belong to: 0, or 1 of a step with two
     */
    record Input(Transformation from, String output, Serde<?> serde, Exchange exchange, int ordinal) {}

    String name;
    final OperatorDefinition definition;
    final OperatorRole role;

    @Nullable
    String uid;

    /** Not null: this step is the first of two that are one for the user, and the other one has the uid. */
    @Nullable
    Transformation second;

    int parallelism;
    boolean startsChain;
    boolean endsChain;

    /** None: a source's planner. */
    final List<Input> inputs = new ArrayList<>();

    private final Map<String, Serde<?>> sideOutputs = new HashMap<>(); // That are read.

    Transformation(String name, OperatorDefinition definition, OperatorRole role) {
        this.name = name;
        this.definition = definition;
        this.role = role;
    }

    void readFrom(DataStream<?> stream, int ordinal) {
        for (DataStream.Origin origin : stream.origins()) {
            inputs.add(new Input(origin.step(), origin.output(), stream.serde(), origin.exchange(), ordinal));
        }
    }

    /** A side output of this step is read as that type. */
    void addSideOutput(String output, Serde<?> serde) {
        Serde<?> other = sideOutputs.putIfAbsent(output, serde);
        if (other != null && !other.schema().equals(serde.schema())) {
            throw new InvalidProgramException("In " + name + ": the side output " + output + " is read as "
                    + other.schema() + " and as " + serde.schema()
                    + ". Give the two OutputTags different names, or the same type.");
        }
    }

    @Nullable
    String ownUid() {
        return second == null || second.uid == null ? uid : second.uid + "-partials";
    }

    boolean isStateful() {
        return definition instanceof OperatorDefinition.KeyedProcess
                || definition instanceof OperatorDefinition.KeyedCoProcess
                || definition instanceof OperatorDefinition.WindowAggregate
                || definition instanceof OperatorDefinition.PartialAggregate
                || definition instanceof OperatorDefinition.IntervalJoin
                || definition instanceof OperatorDefinition.BroadcastProcess
                || definition instanceof OperatorDefinition.KeyedBroadcastProcess
                || definition instanceof OperatorDefinition.Async
                || role != OperatorRole.TRANSFORM;
    }

    /** It holds the source that it is behind. */
    boolean isAligned() {
        return definition instanceof OperatorDefinition.AssignTimestamps<?> assign
                && !assign.strategy().alignmentGroup().isEmpty();
    }

    boolean givesTime() {
        return definition instanceof OperatorDefinition.AssignTimestamps;
    }
}
