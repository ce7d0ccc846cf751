package io.selvage.minicluster;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a caller may choose about an embedded cluster.
 *
 * @param baseFolder everything that the cluster writes stays below this folder
 * @param nodeManagerCount NodeManagers, each with its own local and log folders
 * @param nodeMemoryMib memory that each NodeManager offers to containers; it is not reserved on the machine
 * @param nodeVcores virtual cores that each NodeManager offers
 * @param maxAppAttempts the cluster's limit of ApplicationMaster attempts, also its default
 * @param hostForEachNode each NodeManager has a loopback address of its own
 * @param hadoopOverrides Hadoop settings that win over the cluster's own ones
 */
record MiniClusterSettings(
        Path baseFolder,
        int nodeManagerCount,
        int nodeMemoryMib,
        int nodeVcores,
        int maxAppAttempts,
        boolean hostForEachNode,
        Map<String, String> hadoopOverrides) {

    static final int DEFAULT_NODE_MANAGER_COUNT = 2;
    static final int DEFAULT_NODE_MEMORY_MIB = 8 * 1024;
    static final int DEFAULT_NODE_VCORES = 8;
    static final int DEFAULT_MAX_APP_ATTEMPTS = 10;

    static final String STANDBY_RESOURCE_MANAGER = "yarn.resourcemanager.ha.enabled";

    static final int MAX_NODE_MANAGER_COUNT = 16;
    static final int MIN_NODE_MEMORY_MIB = 256;

    MiniClusterSettings {
        requireWithin("The number of NodeManagers", nodeManagerCount, 1, MAX_NODE_MANAGER_COUNT);
        requireWithin("The memory of a NodeManager in MiB", nodeMemoryMib, MIN_NODE_MEMORY_MIB, 1 << 20);
        requireWithin("The number of virtual cores of a NodeManager", nodeVcores, 1, 1024);
        requireWithin("The limit of ApplicationMaster attempts", maxAppAttempts, 1, 1_000_000);
        baseFolder = baseFolder.toAbsolutePath().normalize();
        hadoopOverrides = Map.copyOf(hadoopOverrides);
    }

    static MiniClusterSettings in(Path baseFolder) {
        return new MiniClusterSettings(
                baseFolder,
                DEFAULT_NODE_MANAGER_COUNT,
                DEFAULT_NODE_MEMORY_MIB,
                DEFAULT_NODE_VCORES,
                DEFAULT_MAX_APP_ATTEMPTS,
                false,
                Map.of());
    }

    MiniClusterSettings withNodeManagerCount(int count) {
        return new MiniClusterSettings(
                baseFolder, count, nodeMemoryMib, nodeVcores, maxAppAttempts, hostForEachNode, hadoopOverrides);
    }

    MiniClusterSettings withNodeMemoryMib(int memoryMib) {
        return new MiniClusterSettings(
                baseFolder, nodeManagerCount, memoryMib, nodeVcores, maxAppAttempts, hostForEachNode, hadoopOverrides);
    }

    MiniClusterSettings withNodeVcores(int vcores) {
        return new MiniClusterSettings(
                baseFolder, nodeManagerCount, nodeMemoryMib, vcores, maxAppAttempts, hostForEachNode, hadoopOverrides);
    }

    MiniClusterSettings withMaxAppAttempts(int attempts) {
        return new MiniClusterSettings(
                baseFolder, nodeManagerCount, nodeMemoryMib, nodeVcores, attempts, hostForEachNode, hadoopOverrides);
    }

    MiniClusterSettings withHostForEachNode() {
        return new MiniClusterSettings(
                baseFolder, nodeManagerCount, nodeMemoryMib, nodeVcores, maxAppAttempts, true, hadoopOverrides);
    }

    MiniClusterSettings withHadoopOverride(String key, String value) {
        Map<String, String> overrides = new LinkedHashMap<>(hadoopOverrides);
        overrides.put(key, value);
        return new MiniClusterSettings(
                baseFolder, nodeManagerCount, nodeMemoryMib, nodeVcores, maxAppAttempts, hostForEachNode, overrides);
    }

    /** Whether there are two ResourceManagers, of which one stands by: Hadoop's own switch says so. */
    boolean hasStandbyResourceManager() {
        return Boolean.parseBoolean(hadoopOverrides.getOrDefault(STANDBY_RESOURCE_MANAGER, "false"));
    }

    Path configurationFolder() {
        return baseFolder.resolve("conf");
    }

    Path hdfsFolder() {
        return baseFolder.resolve("hdfs");
    }

    Path yarnFolder() {
        return baseFolder.resolve("yarn");
    }

    Path temporaryFolder() {
        return baseFolder.resolve("tmp");
    }

    Path logFile() {
        return baseFolder.resolve("log").resolve("mini-cluster.log");
    }

    private static void requireWithin(String what, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(
                    what + " is " + value + ": choose one from " + lowest + " to " + highest + ".");
        }
    }
}
