package io.selvage.api.graph;

import java.util.List;

/** A chain of operators that run in one thread for each subtask. */
public record Vertex(int id, String name, int parallelism, List<Operator> operators) {
    public Vertex {
        if (parallelism < 1) {
            throw new IllegalArgumentException("vertex " + name + " has a parallelism of " + parallelism);
        }
        if (operators.isEmpty()) {
            throw new IllegalArgumentException("vertex " + name + " has no operator");
        }
        operators = List.copyOf(operators);
    }

    public Operator head() {
        return operators.get(0);
    }
}
