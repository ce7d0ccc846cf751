package io.selvage.client.cli;

import io.selvage.client.deploy.ClusterLimits;
import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.deploy.Queues;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a cluster has, in words and as JSON; pure. */
final class ResourceTexts {
    private static final List<String> NODE_HEADINGS =
            List.of("NODE", "RACK", "MEMORY USED", "CORES USED", "CONTAINERS", "LABELS");
    private static final List<String> QUEUE_HEADINGS =
            List.of("QUEUE", "STATE", "FOR YOU", "CAPACITY", "AT MOST", "USED", "LABELS");

    private ResourceTexts() {}

    static String inWords(ClusterResources resources) {
        ClusterLimits limits = resources.limits();
        List<ClusterLimits.Node> nodes = sorted(limits);
        StringBuilder text = new StringBuilder();
        text.append("The cluster at ").append(resources.where()).append(": ");
        text.append(Words.times(nodes.size(), "running node")).append(", ");
        text.append(use(
                mebibytes(nodes.stream()
                        .mapToLong(ClusterLimits.Node::usedMemoryMib)
                        .sum()),
                mebibytes(
                        nodes.stream().mapToLong(ClusterLimits.Node::memoryMib).sum())));
        text.append(" of memory and ");
        text.append(use(
                nodes.stream().mapToInt(ClusterLimits.Node::usedVcores).sum(),
                nodes.stream().mapToInt(ClusterLimits.Node::vcores).sum()));
        text.append(" virtual cores in use.\nThe largest container: ").append(mebibytes(limits.largestMemoryMib()));
        text.append(" and ")
                .append(Words.times(limits.largestVcores(), "virtual core"))
                .append(".\n\n");
        text.append(nodes.isEmpty() ? "No node runs: no container can start." : nodes(nodes));
        text.append("\n\n").append(queues(resources.queues()));
        return text.toString();
    }

    private static String nodes(List<ClusterLimits.Node> nodes) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(NODE_HEADINGS);
        for (ClusterLimits.Node node : nodes) {
            rows.add(List.of(
                    node.name(),
                    node.rack(),
                    use(mebibytes(node.usedMemoryMib()), mebibytes(node.memoryMib())),
                    use(node.usedVcores(), node.vcores()),
                    Integer.toString(node.containers()),
                    list(node.labels())));
        }
        return Table.of(rows);
    }

    private static String queues(Queues queues) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(QUEUE_HEADINGS);
        for (Queues.Queue queue : queues.all()) {
            rows.add(List.of(
                    queue.path(),
                    queue.state().toLowerCase(Locale.ROOT),
                    queue.isParent() ? "holds queues" : queue.isSubmittable() ? "open" : "closed",
                    percent(queue.capacity()),
                    percent(queue.maximum()),
                    percent(queue.used()),
                    list(queue.labels())));
        }
        return Table.of(rows);
    }

    static Map<String, Object> json(ClusterResources resources) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("resource_manager", resources.where());
        json.put("largest_memory_mib", resources.limits().largestMemoryMib());
        json.put("largest_vcores", resources.limits().largestVcores());
        json.put("node_labels", List.copyOf(new TreeSet<>(resources.limits().labels())));
        json.put(
                "nodes",
                sorted(resources.limits()).stream().map(ResourceTexts::node).toList());
        json.put(
                "queues",
                resources.queues().all().stream().map(ResourceTexts::queue).toList());
        return json;
    }

    private static Map<String, Object> node(ClusterLimits.Node node) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("node", node.name());
        json.put("rack", node.rack());
        json.put("labels", List.copyOf(new TreeSet<>(node.labels())));
        json.put("memory_mib", node.memoryMib());
        json.put("used_memory_mib", node.usedMemoryMib());
        json.put("vcores", node.vcores());
        json.put("used_vcores", node.usedVcores());
        json.put("containers", node.containers());
        return json;
    }

    private static Map<String, Object> queue(Queues.Queue queue) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("queue", queue.path());
        json.put("name", queue.name());
        json.put("holds_queues", queue.isParent());
        json.put("state", queue.state());
        json.put("submittable", queue.isSubmittable());
        json.put("capacity", number(queue.capacity()));
        json.put("maximum_capacity", number(queue.maximum()));
        json.put("used_capacity", number(queue.used()));
        json.put("node_labels", List.copyOf(new TreeSet<>(queue.labels())));
        return json;
    }

    private static List<ClusterLimits.Node> sorted(ClusterLimits limits) {
        return limits.nodes().stream()
                .sorted(Comparator.comparing(ClusterLimits.Node::name))
                .toList();
    }

    private static String use(Object used, Object all) {
        return used + " of " + all;
    }

    private static String mebibytes(long mebibytes) {
        return Words.bytes(mebibytes << 20);
    }

    private static String list(Collection<String> names) {
        return names.isEmpty() ? "-" : String.join(",", new TreeSet<>(names));
    }

    /** A scheduler that divides by a capacity of nothing says that infinitely much is used, or no number. */
    private static @Nullable Float number(float share) {
        return Float.isFinite(share) ? share : null;
    }

    private static String percent(float share) {
        return Float.isFinite(share) ? String.format(Locale.ROOT, "%.0f%%", share * 100) : "-";
    }
}
