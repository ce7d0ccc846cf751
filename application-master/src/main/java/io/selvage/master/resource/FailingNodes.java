package io.selvage.master.resource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Owned by the {@link Fleet}: on which nodes executors have failed through the node's own fault, and which of them are
 * excluded for it. A failure weighs half after each half-life, so that a node comes back by itself, and is excluded the
 * sooner if it fails again. Nodes go by YARN's ids; times are nanoseconds since the master's start.
 */
final class FailingNodes {
    static final long HALF_LIFE_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** Three failures within some minutes. */
    private static final double EXCLUDED_FROM = 2.5;
    /** One half-life later. */
    private static final double BACK_BELOW = EXCLUDED_FROM / 2;
    /** However often it fails, it comes back after three half-lives. */
    private static final double MOST = 8 * BACK_BELOW;
    /** What weighs less is forgotten. */
    private static final double LEAST = 0.1;
    /** Of the cluster's nodes, one of so many may be excluded: what fails on more of them is not the nodes' fault. */
    private static final int SHARE = 3;

    private static final class Node {
        private double weight;
        private long asOfNanos;
        private int failures;
        private String last = "";
        private boolean isExcluded;

        double weightAt(long nowNanos) {
            return weight * StrictMath.pow(0.5, (double) (nowNanos - asOfNanos) / HALF_LIFE_NANOS);
        }

        void weigh(double newWeight, long nowNanos) {
            weight = newWeight;
            asOfNanos = nowNanos;
        }

        long backNanos() {
            double halfLives = StrictMath.log(weight / BACK_BELOW) / StrictMath.log(2);
            return asOfNanos + (long) StrictMath.ceil(Math.max(0, halfLives) * HALF_LIFE_NANOS);
        }
    }

    private final Map<String, Node> nodes = new TreeMap<>();
    private int clusterNodes;

    /** @param node empty if it is not known: nothing is learnt from that */
    void onFailure(String node, String reason, long nowNanos) {
        nodes.values().removeIf(each -> !each.isExcluded && each.weightAt(nowNanos) < LEAST);
        if (!node.isEmpty()) {
            Node failed = nodes.computeIfAbsent(node, any -> new Node());
            failed.weigh(Math.min(MOST, failed.weightAt(nowNanos) + 1), nowNanos);
            failed.failures++;
            failed.last = reason;
        }
    }

    /** How many running nodes the cluster has. */
    void onClusterSized(int count) {
        clusterNodes = count;
    }

    /** YARN itself gives nothing there any more; if it is back later, it is as good as any. */
    boolean forget(String node) {
        Node gone = nodes.remove(node);
        return gone != null && gone.isExcluded;
    }

    boolean isExcluded(String node) {
        Node known = nodes.get(node);
        return known != null && known.isExcluded;
    }

    boolean isAnyExcluded() {
        return nodes.values().stream().anyMatch(each -> each.isExcluded);
    }

    /**
     * Excludes those that have failed too often, the worst first, as far as there may be so many.
     *
     * @param isAllowed of each node
     */
    List<String> excludeWorst(Predicate<String> isAllowed, long nowNanos) {
        List<String> worst = nodes.entrySet().stream()
                .filter(each -> !each.getValue().isExcluded && each.getValue().weightAt(nowNanos) >= EXCLUDED_FROM)
                .filter(each -> isAllowed.test(each.getKey()))
                .sorted(Comparator.comparingDouble(each -> -each.getValue().weightAt(nowNanos)))
                .limit(Math.max(0, mayBeExcluded() - excludedCount()))
                .map(Map.Entry::getKey)
                .toList();
        worst.forEach(node -> nodeOrThrow(node).isExcluded = true);
        return worst;
    }

    /** Takes back those whose failures are long ago, and the best ones of too many. */
    List<String> takeBack(long nowNanos) {
        List<String> back = new ArrayList<>();
        nodes.forEach((name, node) -> {
            if (node.isExcluded && nowNanos >= node.backNanos()) {
                back.add(name);
            }
        });
        nodes.entrySet().stream()
                .filter(each -> each.getValue().isExcluded && !back.contains(each.getKey()))
                .sorted(Comparator.comparingDouble(each -> each.getValue().weightAt(nowNanos)))
                .limit(Math.max(0, excludedCount() - back.size() - mayBeExcluded()))
                .map(Map.Entry::getKey)
                .toList()
                .forEach(back::add);
        back.forEach(name -> nodeOrThrow(name).isExcluded = false);
        return back;
    }

    /** Takes all back, as they are needed; two more failures, and one of them is excluded again. */
    List<String> takeAllBack(long nowNanos) {
        List<String> back = new ArrayList<>();
        nodes.forEach((name, node) -> {
            if (node.isExcluded) {
                node.isExcluded = false;
                node.weigh(Math.min(BACK_BELOW, node.weightAt(nowNanos)), nowNanos);
                back.add(name);
            }
        });
        return back;
    }

    /** When the next one is due to be taken back; {@link Fleet#NEVER} if none is. */
    long nextBackNanos() {
        return nodes.values().stream()
                .filter(node -> node.isExcluded)
                .mapToLong(Node::backNanos)
                .min()
                .orElse(Fleet.NEVER);
    }

    /** For people, a sentence for each that is excluded. */
    List<String> notices(long nowNanos) {
        List<String> sentences = new ArrayList<>();
        nodes.forEach((name, node) -> {
            if (node.isExcluded) {
                long minutes = Math.max(0, node.backNanos() - nowNanos) / TimeUnit.MINUTES.toNanos(1) + 1;
                sentences.add("Node " + name + " gets no executors for the next " + minutes + " min: " + why(node));
            }
        });
        return sentences;
    }

    /** Why a node is excluded: a sentence. */
    String why(String node) {
        return why(nodeOrThrow(node));
    }

    private static String why(Node node) {
        return "executors have failed there " + node.failures + " times, the last one because of this: " + node.last;
    }

    private int mayBeExcluded() {
        return clusterNodes < 2 ? 0 : Math.max(1, clusterNodes / SHARE);
    }

    private int excludedCount() {
        return (int) nodes.values().stream().filter(node -> node.isExcluded).count();
    }

    private Node nodeOrThrow(String name) {
        Node node = nodes.get(name);
        if (node == null) {
            throw new IllegalStateException("Nothing has failed on " + name + ".");
        }
        return node;
    }
}
