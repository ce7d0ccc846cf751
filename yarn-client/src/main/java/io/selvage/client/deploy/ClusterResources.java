package io.selvage.client.deploy;

import io.selvage.client.connect.Yarn;
import io.selvage.protocol.config.SessionConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.api.protocolrecords.GetNewApplicationResponse;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueUserACLInfo;
import org.apache.hadoop.yarn.api.records.Resource;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster has, as its ResourceManager tells one user; immutable.
 *
 * @param where the ResourceManager is
 */
public record ClusterResources(String where, ClusterLimits limits, Queues queues) {
    /** Asks; blocks. */
    public static ClusterResources of(Yarn yarn) {
        return new ClusterResources(
                yarn.where(),
                limits(yarn, yarn.newApplication().getNewApplicationResponse()),
                Queues.of(yarn.allQueues(), yarn.queueRights()));
    }

    /**
     * The queue that the session goes into, as far as it is known before YARN has it.
     *
     * @throws io.selvage.client.exit.ClientException with {@code REFUSED}, the reason and a choice that is better
     */
    public static Queues.Choice queueOf(Yarn yarn, SessionConfig session) {
        List<QueueInfo> queues = new ArrayList<>(yarn.allQueues());
        List<QueueUserACLInfo> rights = yarn.queueRights();
        Queues known = Queues.of(queues, rights);
        if (known.find(session.queue()).isEmpty()) {
            // The scheduler may know names that its list does not have.
            yarn.queue(session.queue()).ifPresent(queues::add);
            known = Queues.of(queues, rights);
        }
        return known.choose(session.queue());
    }

    /**
     * What the session's containers are within, whichever queue it goes into.
     *
     * @throws io.selvage.client.exit.ClientException with {@code REFUSED} if one would never be given
     */
    public static ClusterLimits limitsFor(Yarn yarn, SessionConfig session, GetNewApplicationResponse response) {
        boolean hasMore = !session.executorResources().isEmpty();
        // First of all: a response, once read, stays without the types that were not known then.
        Set<String> types = hasMore ? yarn.moreResourceTypes() : Set.of();
        ClusterLimits limits = limits(yarn, response);
        if (hasMore) {
            limits.check(session.executorResources(), mostOf(types, response));
        }
        limits.check(session, Queues.Queue.any(session.queue()));
        return limits;
    }

    /** The scheduler's maximum for a container. */
    private static Map<String, Long> mostOf(Set<String> types, GetNewApplicationResponse response) {
        Resource largest = response.getMaximumResourceCapability();
        Map<String, Long> most = new TreeMap<>();
        types.forEach(type -> most.put(type, largest.getResourceValue(type)));
        return most;
    }

    private static ClusterLimits limits(Yarn yarn, GetNewApplicationResponse response) {
        Resource largest = response.getMaximumResourceCapability();
        List<NodeLabel> labels = yarn.nodeLabels();
        return new ClusterLimits(
                largest.getMemorySize(),
                largest.getVirtualCores(),
                yarn.runningNodes().stream().map(ClusterResources::node).toList(),
                names(labels.stream()),
                names(labels.stream().filter(NodeLabel::isExclusive)));
    }

    private static Set<String> names(Stream<NodeLabel> labels) {
        return labels.map(NodeLabel::getName).collect(Collectors.toSet());
    }

    private static ClusterLimits.Node node(NodeReport report) {
        @Nullable Resource used = report.getUsed();
        @Nullable Set<String> labels = report.getNodeLabels();
        return new ClusterLimits.Node(
                report.getNodeId().toString(),
                String.valueOf(report.getRackName()),
                labels == null ? Set.of() : labels,
                report.getCapability().getMemorySize(),
                report.getCapability().getVirtualCores(),
                used == null ? 0 : used.getMemorySize(),
                used == null ? 0 : used.getVirtualCores(),
                report.getNumContainers());
    }
}
