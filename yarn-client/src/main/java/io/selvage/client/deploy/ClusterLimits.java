package io.selvage.client.deploy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.MemorySize;
import io.selvage.protocol.config.Nearest;
import io.selvage.protocol.config.SessionConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the cluster can give to one container; pure.
 *
 * @param largestMemoryMib the scheduler's maximum for a container
 * @param largestVcores likewise
 * @param nodes the running NodeManagers
 * @param labels the node labels that there are
 */
public record ClusterLimits(long largestMemoryMib, int largestVcores, List<Node> nodes, Set<String> labels) {
    /**
     * A NodeManager.
     *
     * @param memoryMib its whole capacity
     * @param vcores likewise
     */
    public record Node(
            String name,
            String rack,
            Set<String> labels,
            long memoryMib,
            int vcores,
            long usedMemoryMib,
            int usedVcores,
            int containers) {
        public Node {
            labels = Set.copyOf(labels);
        }
    }

    /** What a session asks for, for its master or for each of its executors. */
    private record Ask(
            String whose,
            ConfigKey<?> memoryKey,
            MemorySize memory,
            ConfigKey<?> vcoresKey,
            int vcores,
            ConfigKey<?> labelKey,
            String label) {}

    public ClusterLimits {
        nodes = List.copyOf(nodes);
        labels = Set.copyOf(labels);
    }

    /** @throws ClientException if a container of this session would never be given in that queue */
    public void check(SessionConfig session, Queues.Queue queue) {
        if (nodes.isEmpty()) {
            throw refused("No NodeManager of the cluster runs, so no container can start. Check YARN's nodes with:"
                    + " yarn node -list");
        }
        check(
                new Ask(
                        "master",
                        SessionConfig.MASTER_MEMORY,
                        session.masterMemory(),
                        SessionConfig.MASTER_VCORES,
                        session.masterVcores(),
                        ApplicationConfig.NODE_LABEL,
                        session.application().nodeLabel()),
                queue);
        check(
                new Ask(
                        "executors",
                        SessionConfig.EXECUTOR_MEMORY,
                        session.executorMemory(),
                        SessionConfig.EXECUTOR_VCORES,
                        session.executorVcores(),
                        session.executorNodeLabel().isEmpty()
                                ? ApplicationConfig.NODE_LABEL
                                : SessionConfig.EXECUTOR_NODE_LABEL,
                        session.effectiveExecutorLabel()),
                queue);
    }

    /**
     * Resources of other types than memory and cores.
     *
     * @param most what the cluster gives to a container, by the names of all types that it has
     * @throws ClientException if it does not give what is asked for
     */
    void check(Map<String, Long> asked, Map<String, Long> most) {
        asked.forEach((type, amount) -> {
            String sentence = SessionConfig.EXECUTOR_RESOURCES.prefix() + "." + type + " is " + amount + ", and ";
            Long largest = most.get(type);
            if (largest == null) {
                String remedy = most.isEmpty()
                        ? "it has memory and cores alone (yarn.resource-types). Leave it out."
                        : Nearest.of(type, most.keySet())
                                        .map(name -> "did you mean " + name + "? ")
                                        .orElse("") + "It has " + list(most.keySet()) + ".";
                throw refused(sentence + "the cluster has no such resource type: " + remedy);
            }
            if (amount > largest) {
                throw refused(sentence + "the cluster gives at most " + largest
                        + " to a container: so much is on its largest node, or in yarn.resource-types." + type
                        + ".maximum-allocation. Ask for less for the executors.");
            }
        });
    }

    private void check(Ask ask, Queues.Queue queue) {
        List<Node> candidates = candidates(ask, queue);
        Optional<Queues.Size> most = Optional.ofNullable(queue.most().get(ask.label()));
        checkMemory(ask, candidates, queue, most);
        checkVcores(ask, candidates, queue, most);
        if (candidates.stream()
                .noneMatch(node -> ask.memory().mebibytes() <= node.memoryMib() && ask.vcores() <= node.vcores())) {
            throw refused("No node of the cluster has both " + ask.memory() + " of memory and " + ask.vcores()
                    + " virtual cores. Ask for less of one for the " + ask.whose() + ".");
        }
    }

    /** The nodes that it may get a container on. */
    private List<Node> candidates(Ask ask, Queues.Queue queue) {
        String label = ask.label();
        if (label.isEmpty()) {
            return nodes;
        }
        String asked = ask.labelKey().name() + " is \"" + label + "\", and ";
        if (!labels.contains(label)) {
            String remedy = labels.isEmpty()
                    ? "it has none at all (yarn.node-labels.enabled). Leave it out."
                    : Nearest.of(label, labels)
                                    .map(name -> "did you mean " + name + "? ")
                                    .orElse("") + "It has " + list(labels) + ".";
            throw refused(asked + "the cluster has no such node label: " + remedy);
        }
        if (!queue.mayUse(label)) {
            Set<String> usable = labels.stream().filter(queue::mayUse).collect(Collectors.toSet());
            throw refused(asked + "the queue \"" + queue.name() + "\" may not use nodes of that label. It may use "
                    + (usable.isEmpty() ? "nodes without a label only." : list(usable) + ".")
                    + " Choose one of these, or another queue with -qu.");
        }
        List<Node> labelled =
                nodes.stream().filter(node -> node.labels().contains(label)).toList();
        if (labelled.isEmpty()) {
            throw refused(asked + "no NodeManager of that label runs, so no container for the " + ask.whose()
                    + " can start. See which do with: scripts/yarn-session.sh -q");
        }
        return labelled;
    }

    private void checkMemory(Ask ask, List<Node> candidates, Queues.Queue queue, Optional<Queues.Size> most) {
        String asked = ask.memoryKey().name() + " is " + ask.memory() + ", and ";
        String less = "Ask for less for the " + ask.whose() + ".";
        long mebibytes = ask.memory().mebibytes();
        if (mebibytes > largestMemoryMib) {
            throw refused(asked + "the cluster gives at most " + largestMemoryMib
                    + "m to a container (yarn.scheduler.maximum-allocation-mb). " + less);
        }
        long largestNode = candidates.stream().mapToLong(Node::memoryMib).max().orElse(0);
        if (mebibytes > largestNode) {
            throw refused(asked + "the largest of the cluster's nodes has " + largestNode + "m. " + less);
        }
        if (most.isPresent() && mebibytes > most.get().memoryMib()) {
            throw refused(asked + "the queue \"" + queue.name() + "\" gets at most "
                    + most.get().memoryMib() + "m in all. " + less);
        }
    }

    private void checkVcores(Ask ask, List<Node> candidates, Queues.Queue queue, Optional<Queues.Size> most) {
        String asked = ask.vcoresKey().name() + " is " + ask.vcores() + ", and ";
        String fewer = "Ask for fewer for the " + ask.whose() + ".";
        if (ask.vcores() > largestVcores) {
            throw refused(asked + "the cluster gives at most " + largestVcores
                    + " to a container (yarn.scheduler.maximum-allocation-vcores). " + fewer);
        }
        int largestNode = candidates.stream().mapToInt(Node::vcores).max().orElse(0);
        if (ask.vcores() > largestNode) {
            throw refused(asked + "the largest of the cluster's nodes has " + largestNode + ". " + fewer);
        }
        if (most.isPresent() && ask.vcores() > most.get().vcores()) {
            throw refused(asked + "the queue \"" + queue.name() + "\" gets at most "
                    + most.get().vcores() + " in all. " + fewer);
        }
    }

    private static String list(Set<String> names) {
        return String.join(", ", new TreeSet<>(names));
    }

    private static ClientException refused(String message) {
        return new ClientException(ExitCode.REFUSED, message);
    }
}
