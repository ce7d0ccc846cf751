package io.selvage.master.yarn;

import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.PreemptionContainer;
import org.apache.hadoop.yarn.api.records.PreemptionContract;
import org.apache.hadoop.yarn.api.records.PreemptionMessage;
import org.apache.hadoop.yarn.api.records.StrictPreemptionContract;
import org.jspecify.annotations.Nullable;

/** What YARN says of containers and nodes ahead of time, in the master's words; pure. */
final class Notices {
    private Notices() {}

    /** Nothing if the node's state is no reason to do anything. */
    static Optional<MasterEvent> ofNode(NodeReport report) {
        String node = report.getNodeId().toString();
        return switch (report.getNodeState()) {
            case DECOMMISSIONING ->
                Optional.of(new MasterEvent.NodeLeaving(
                        node, "Node " + node + " is being decommissioned" + within(report)));
            case LOST, DECOMMISSIONED, UNHEALTHY, SHUTDOWN ->
                Optional.of(new MasterEvent.NodeLost(
                        node, "Node " + node + " is " + report.getNodeState() + " for YARN" + why(report)));
            case NEW, RUNNING, REBOOTED -> Optional.empty();
        };
    }

    /** One for all: of a large cluster, all nodes may come at once. */
    static Optional<MasterEvent> ofLargeEnough(List<NodeReport> reports, SessionConfig config) {
        return reports.stream()
                .filter(report -> report.getNodeState() == NodeState.RUNNING
                        && YarnCluster.unfit(config, report.getCapability()).isEmpty())
                .findFirst()
                .map(report -> new MasterEvent.ExecutorsFit(report.getNodeId().toString()));
    }

    private static String within(NodeReport report) {
        Integer seconds = report.getDecommissioningTimeout();
        return seconds == null || seconds < 0 ? "." : ", within " + seconds + " s.";
    }

    private static String why(NodeReport report) {
        String health = report.getHealthReport();
        return health == null || health.isBlank() ? "." : ": " + health.strip() + ".";
    }

    /** Those that will be taken, and those that will be if YARN finds no others. */
    static List<MasterEvent.ContainerToBePreempted> ofPreemption(PreemptionMessage message) {
        List<MasterEvent.ContainerToBePreempted> notices = new ArrayList<>();
        Set<PreemptionContainer> told = new LinkedHashSet<>();
        @Nullable StrictPreemptionContract strict = message.getStrictContract();
        if (strict != null) {
            add(strict.getContainers(), "will be taken: another queue needs its resources.", told, notices);
        }
        @Nullable PreemptionContract negotiable = message.getContract();
        if (negotiable != null) {
            add(negotiable.getContainers(), "may be taken: another queue needs resources.", told, notices);
        }
        return notices;
    }

    private static void add(
            @Nullable Set<PreemptionContainer> containers,
            String words,
            Set<PreemptionContainer> told,
            List<MasterEvent.ContainerToBePreempted> notices) {
        if (containers == null) {
            return;
        }
        for (PreemptionContainer container : containers) {
            if (told.add(container)) {
                String id = container.getId().toString();
                notices.add(
                        new MasterEvent.ContainerToBePreempted(new ExecutorId(id), "Container " + id + " " + words));
            }
        }
    }
}
