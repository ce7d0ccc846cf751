package io.selvage.client.deploy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.MemorySize;
import io.selvage.protocol.config.Nearest;
import io.selvage.protocol.config.SessionConfig;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster can give to one container; pure.
 *
 * @param largestMemoryMib the scheduler's maximum for a container
 * @param largestVcores likewise
 * @param nodes the running NodeManagers
 * @param labels the node labels that there are
 * @param exclusiveLabels those of them whose nodes take only containers that ask for the label
 */
public record ClusterLimits(
        long largestMemoryMib, int largestVcores, List<Node> nodes, Set<String> labels, Set<String> exclusiveLabels) {
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

    /**
     * What a session asks for, for its master or for each of its executors.
     *
     * @param labelKey the setting that the label is from, or that would give it one
     */
    private record Ask(
            String whose,
            ConfigKey<?> memoryKey,
            MemorySize memory,
            ConfigKey<?> vcoresKey,
            int vcores,
            ConfigKey<?> labelKey,
            String label) {}

    /**
     * The nodes that a container may be on.
     *
     * @param inWords after "the largest of"
     */
    private record Candidates(List<Node> nodes, String inWords) {
        boolean haveRoomFor(Ask ask) {
            return nodes.stream()
                    .anyMatch(node -> ask.memory().mebibytes() <= node.memoryMib() && ask.vcores() <= node.vcores());
        }
    }

    public ClusterLimits {
        nodes = List.copyOf(nodes);
        labels = Set.copyOf(labels);
        exclusiveLabels = Set.copyOf(exclusiveLabels);
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
                                        && !session.application().nodeLabel().isEmpty()
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
        Candidates candidates = candidates(ask, queue);
        String label = ask.label().isEmpty() ? Objects.requireNonNullElse(queue.defaultLabel(), "") : ask.label();
        Optional<Queues.Size> most = Optional.ofNullable(queue.most().get(label));
        checkMemory(ask, candidates, queue, most);
        checkVcores(ask, candidates, queue, most);
        if (!candidates.haveRoomFor(ask)) {
            throw refused("None of " + candidates.inWords() + " has both " + ask.memory() + " of memory and "
                    + ask.vcores() + " virtual cores. Ask for less of one for the " + ask.whose() + "."
                    + otherLabels(ask, queue));
        }
    }

    /** The nodes that it may get a container on. */
    private Candidates candidates(Ask ask, Queues.Queue queue) {
        return ask.label().isEmpty() ? withoutLabel(ask, queue) : withLabel(ask, queue);
    }

    /** Who asks for no label gets the queue's own, and else nodes without one, or whose label is not exclusive. */
    private Candidates withoutLabel(Ask ask, Queues.Queue queue) {
        @Nullable String byQueue = queue.defaultLabel();
        if (byQueue == null) {
            return new Candidates(nodes, "the cluster's nodes");
        }
        List<Node> open = byQueue.isEmpty()
                ? nodes.stream()
                        .filter(node -> Collections.disjoint(node.labels(), exclusiveLabels))
                        .toList()
                : labelled(byQueue);
        if (open.isEmpty()) {
            throw refused((byQueue.isEmpty()
                            ? "Each node that runs has a label that is exclusive"
                            : "The queue \"" + queue.name()
                                    + "\" puts containers that ask for no node label on nodes with the label "
                                    + byQueue + ", of which none runs")
                    + ", so no container for the " + ask.whose() + " can start." + otherLabels(ask, queue)
                    + " See which nodes run with: scripts/yarn-session.sh -q");
        }
        String inWords = byQueue.isEmpty()
                ? "the cluster's nodes that take containers without a label"
                : "the nodes with the label " + byQueue + ", which is the queue's own,";
        return new Candidates(open, open.size() == nodes.size() ? "the cluster's nodes" : inWords);
    }

    /** A sentence on the labels whose nodes would do; empty: there are none. */
    private String otherLabels(Ask ask, Queues.Queue queue) {
        Set<String> fit = labels.stream()
                .filter(label -> queue.mayUse(label) && new Candidates(labelled(label), "").haveRoomFor(ask))
                .collect(Collectors.toSet());
        return fit.isEmpty() || !ask.label().isEmpty()
                ? ""
                : " Nodes with a label are for who names it, with "
                        + ask.labelKey().name() + ": " + list(fit) + ".";
    }

    private List<Node> labelled(String label) {
        return nodes.stream().filter(node -> node.labels().contains(label)).toList();
    }

    private Candidates withLabel(Ask ask, Queues.Queue queue) {
        String label = ask.label();
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
        List<Node> labelled = labelled(label);
        if (labelled.isEmpty()) {
            throw refused(asked + "no NodeManager of that label runs, so no container for the " + ask.whose()
                    + " can start. See which do with: scripts/yarn-session.sh -q");
        }
        return new Candidates(labelled, "the nodes with the label " + label);
    }

    private void checkMemory(Ask ask, Candidates candidates, Queues.Queue queue, Optional<Queues.Size> most) {
        String asked = ask.memoryKey().name() + " is " + ask.memory() + ", and ";
        String less = "Ask for less for the " + ask.whose() + ".";
        long mebibytes = ask.memory().mebibytes();
        if (mebibytes > largestMemoryMib) {
            throw refused(asked + "the cluster gives at most " + largestMemoryMib
                    + "m to a container (yarn.scheduler.maximum-allocation-mb). " + less);
        }
        long largestNode =
                candidates.nodes().stream().mapToLong(Node::memoryMib).max().orElse(0);
        if (mebibytes > largestNode) {
            throw refused(asked + "the largest of " + candidates.inWords() + " has " + largestNode + "m. " + less
                    + otherLabels(ask, queue));
        }
        if (most.isPresent() && mebibytes > most.get().memoryMib()) {
            throw refused(asked + "the queue \"" + queue.name() + "\" gets at most "
                    + most.get().memoryMib() + "m in all. " + less);
        }
    }

    private void checkVcores(Ask ask, Candidates candidates, Queues.Queue queue, Optional<Queues.Size> most) {
        String asked = ask.vcoresKey().name() + " is " + ask.vcores() + ", and ";
        String fewer = "Ask for fewer for the " + ask.whose() + ".";
        if (ask.vcores() > largestVcores) {
            throw refused(asked + "the cluster gives at most " + largestVcores
                    + " to a container (yarn.scheduler.maximum-allocation-vcores). " + fewer);
        }
        int largestNode =
                candidates.nodes().stream().mapToInt(Node::vcores).max().orElse(0);
        if (ask.vcores() > largestNode) {
            throw refused(asked + "the largest of " + candidates.inWords() + " has " + largestNode + ". " + fewer
                    + otherLabels(ask, queue));
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
