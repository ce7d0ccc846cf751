package io.selvage.task.executor;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.Vertex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does once what takes a JVM long the first time, so that a deployment need not wait for it: opens a program's
 * operators, which loads their classes, and lets go of them. Nothing of the user's is called but what reading them
 * calls.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    void run(PreparedJob job) {
        try {
            for (Vertex vertex : job.graph().vertices()) {
                for (Operator operator : vertex.operators()) {
                    Opaque.read(operator.definition(), job.loader(), operator.name());
                }
            }
            for (Edge edge : job.graph().edges()) {
                job.definition(edge);
            }
        } catch (RuntimeException unusable) {
            // A deployment would say the same, and then it counts.
            LOG.warn("A followed program can't be opened", unusable);
        }
    }
}
