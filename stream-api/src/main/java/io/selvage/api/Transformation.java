package io.selvage.api;

import io.selvage.api.function.KeySelector;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.type.Serde;
import org.jspecify.annotations.Nullable;

/**
 * A step of the program on its way to becoming an operator; changed by the program's thread until the graph is built.
 */
final class Transformation {
    String name;
    final OperatorDefinition definition;
    final OperatorRole role;

    @Nullable
    String uid;

    int parallelism;

    @Nullable
    Serde<?> output; // null: a sink

    @Nullable
    Transformation input; // null: a source's planner

    Partitioning partitioning = Partitioning.FORWARD;

    @Nullable
    KeySelector<?, ?> key;

    @Nullable
    Serde<?> keySerde;

    Transformation(String name, OperatorDefinition definition, OperatorRole role) {
        this.name = name;
        this.definition = definition;
        this.role = role;
    }

    void readFrom(Transformation newInput, Partitioning newPartitioning) {
        this.input = newInput;
        this.partitioning = newPartitioning;
    }

    boolean isStateful() {
        return definition instanceof OperatorDefinition.KeyedProcess
                || definition instanceof OperatorDefinition.WindowAggregate
                || role != OperatorRole.TRANSFORM;
    }
}
