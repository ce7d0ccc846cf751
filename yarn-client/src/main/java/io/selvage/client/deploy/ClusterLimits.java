package io.selvage.client.deploy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.MemorySize;
import io.selvage.protocol.config.SessionConfig;
import java.util.List;

/**
 * What the cluster can give to one container; pure.
 *
 * @param largestMemoryMib the scheduler's maximum for a container
 * @param largestVcores likewise
 * @param nodes what each running NodeManager has in all
 */
public record ClusterLimits(long largestMemoryMib, int largestVcores, List<Node> nodes) {
    /** A NodeManager's whole capacity. */
    public record Node(String name, long memoryMib, int vcores) {}

    public ClusterLimits {
        nodes = List.copyOf(nodes);
    }

    /** @throws ClientException if a container of this session would never be given */
    public void check(SessionConfig session) {
        if (nodes.isEmpty()) {
            throw refused("No NodeManager of the cluster runs, so no container can start. Check YARN's nodes with:"
                    + " yarn node -list");
        }
        checkMemory("master", SessionConfig.MASTER_MEMORY, session.masterMemory());
        checkVcores("master", SessionConfig.MASTER_VCORES, session.masterVcores());
        checkMemory("executors", SessionConfig.EXECUTOR_MEMORY, session.executorMemory());
        checkVcores("executors", SessionConfig.EXECUTOR_VCORES, session.executorVcores());
        checkTogether("master", session.masterMemory(), session.masterVcores());
        checkTogether("executors", session.executorMemory(), session.executorVcores());
    }

    private void checkMemory(String whose, ConfigKey<?> key, MemorySize asked) {
        if (asked.mebibytes() > largestMemoryMib) {
            throw refused(key.name() + " is " + asked + ", and the cluster gives at most " + largestMemoryMib
                    + "m to a container (yarn.scheduler.maximum-allocation-mb). Ask for less for the " + whose + ".");
        }
        long largestNode = nodes.stream().mapToLong(Node::memoryMib).max().orElse(0);
        if (asked.mebibytes() > largestNode) {
            throw refused(key.name() + " is " + asked + ", and the largest of the cluster's nodes has " + largestNode
                    + "m. Ask for less for the " + whose + ".");
        }
    }

    private void checkVcores(String whose, ConfigKey<?> key, int asked) {
        if (asked > largestVcores) {
            throw refused(key.name() + " is " + asked + ", and the cluster gives at most " + largestVcores
                    + " to a container (yarn.scheduler.maximum-allocation-vcores). Ask for fewer for the " + whose
                    + ".");
        }
        int largestNode = nodes.stream().mapToInt(Node::vcores).max().orElse(0);
        if (asked > largestNode) {
            throw refused(key.name() + " is " + asked + ", and the largest of the cluster's nodes has " + largestNode
                    + ". Ask for fewer for the " + whose + ".");
        }
    }

    private void checkTogether(String whose, MemorySize memory, int vcores) {
        if (nodes.stream().noneMatch(node -> memory.mebibytes() <= node.memoryMib() && vcores <= node.vcores())) {
            throw refused("No node of the cluster has both " + memory + " of memory and " + vcores
                    + " virtual cores. Ask for less of one for the " + whose + ".");
        }
    }

    private static ClientException refused(String message) {
        return new ClientException(ExitCode.REFUSED, message);
    }
}
