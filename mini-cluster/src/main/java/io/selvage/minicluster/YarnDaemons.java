package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;
import org.jspecify.annotations.Nullable;

/**
 * One ResourceManager, or two of which one stands by, and their NodeManagers; owned by {@link MiniCluster}, which calls
 * it under its lock.
 *
 * <p>They are put together here and not by Hadoop's MiniYARNCluster, for the reasons in
 * {@code docs/decisions/0003-mini-cluster-composes-yarn.md}.
 */
final class YarnDaemons {

    private static final Duration NODES_DEADLINE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);

    private final MiniClusterSettings settings;
    private final List<ResourceManagerDaemon> resourceManagers = new ArrayList<>();
    private final List<YarnConfiguration> nodeConfigurations = new ArrayList<>();
    private final List<@Nullable NodeDaemon> nodeManagers = new ArrayList<>();
    private final Map<Integer, String> nodeHosts = new HashMap<>();
    private @Nullable ResourceManagerDaemon active;

    YarnDaemons(MiniClusterSettings settings) {
        this.settings = settings;
    }

    /** What every process of the cluster, and each of its clients, has to know to find the active ResourceManager. */
    Map<String, String> addresses() {
        Map<String, String> addresses = new TreeMap<>();
        resourceManagers.forEach(each -> addresses.putAll(each.addresses()));
        if (settings.hasStandbyResourceManager()) {
            addresses.put(
                    YarnConfiguration.RM_HA_IDS,
                    resourceManagers.stream().map(ResourceManagerDaemon::id).collect(Collectors.joining(",")));
            addresses.put(YarnConfiguration.RM_CLUSTER_ID, "mini-cluster");
            // Nobody elects the active one: tests say when which is.
            addresses.put(YarnConfiguration.AUTO_FAILOVER_ENABLED, "false");
        }
        return addresses;
    }

    /** At the start of the cluster, when HDFS may not have an address yet: ResourceManagers need none. */
    void startResourceManagers() throws IOException {
        if (settings.hasStandbyResourceManager()) {
            resourceManagers.add(ResourceManagerDaemon.oneOfSeveral("one"));
            resourceManagers.add(ResourceManagerDaemon.oneOfSeveral("two"));
        } else {
            resourceManagers.add(ResourceManagerDaemon.alone());
        }
        defineResourceTypes(daemonConfiguration(Map.of()));
        startStopped(Map.of());
    }

    private void startStopped(Map<String, String> hdfsAddresses) throws IOException {
        for (ResourceManagerDaemon each : resourceManagers) {
            if (!each.isRunning()) {
                each.start(daemonConfiguration(hdfsAddresses));
            }
        }
        if (active == null) {
            activate(resourceManagers.get(0));
        }
    }

    private void activate(ResourceManagerDaemon next) throws IOException {
        next.makeActive();
        active = next;
    }

    /**
     * Tells YARN which resource types there are, and how much of each a container gets at least and at most. It keeps
     * that in static fields, and whoever asks first has it read from Hadoop's files, whatever the daemons' settings
     * are. Before any daemon runs: they read it without a lock.
     */
    private static void defineResourceTypes(Configuration configuration) {
        ResourceUtils.resetNodeResources();
        ResourceUtils.resetResourceTypes(new YarnConfiguration(configuration));
    }

    /** The active one. */
    void stopResourceManager() {
        if (active != null) {
            active.stop();
            active = null;
        }
    }

    /** Those that were stopped; if there is no active one, the first becomes it. */
    void startResourceManager(Map<String, String> hdfsAddresses) throws IOException {
        if (resourceManagers.stream().allMatch(ResourceManagerDaemon::isRunning)) {
            throw new IllegalStateException("The ResourceManager runs already.");
        }
        startStopped(hdfsAddresses);
    }

    /** The one that stands by becomes active, once the one that is active, if there is one, is so no more. */
    void failOver() throws IOException {
        ResourceManagerDaemon standby = resourceManagers.stream()
                .filter(each -> each != active && each.isRunning())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("No ResourceManager stands by: build the cluster with"
                        + " standbyResourceManager(), and start the one that was stopped."));
        if (active != null) {
            active.makeStandby();
            active = null;
        }
        activate(standby);
    }

    void startNodeManagers(Map<String, String> hdfsAddresses) throws IOException, InterruptedException {
        for (int i = 0; i < settings.nodeManagerCount(); i++) {
            nodeConfigurations.add(nodeConfiguration(i, hdfsAddresses));
            nodeManagers.add(null);
        }
        for (int i = 0; i < settings.nodeManagerCount(); i++) {
            launchNodeManager(i);
        }
        awaitNodeManagers();
    }

    void startNodeManager(int index) throws InterruptedException {
        if (nodeManagers.get(index) != null) {
            throw new IllegalStateException("NodeManager " + index + " runs already.");
        }
        launchNodeManager(index);
        awaitNodeManagers();
    }

    /** Stops the daemon only: its containers run on, and it finds them again when it starts. */
    void stopNodeManager(int index) {
        NodeDaemon running = nodeManagers.get(index);
        if (running != null) {
            running.vanish();
            nodeManagers.set(index, null);
        }
    }

    Path nodeFolder(int index) {
        return settings.yarnFolder().resolve("node-" + index);
    }

    /** Stops every daemon, ResourceManagers last, and then what the containers left running. */
    void stop() throws InterruptedException {
        for (int i = 0; i < nodeManagers.size(); i++) {
            stopNodeManager(i);
        }
        active = null;
        resourceManagers.forEach(ResourceManagerDaemon::stop);
        ContainerProcesses.end(settings.yarnFolder());
    }

    /** The host in the id under which YARN knows the node. */
    String nodeHost(int index) {
        return Objects.requireNonNull(nodeHosts.get(index), "This node has never run.");
    }

    /** Nodes that were decommissioned before stay so. */
    void decommission(int index, Duration timeout) throws IOException {
        if (active == null) {
            throw new IllegalStateException("No ResourceManager runs that could decommission a node.");
        }
        ResourceManager resourceManager = active.runningOrThrow();
        Path excluded = settings.yarnFolder().resolve("excluded-hosts");
        Files.writeString(excluded, address(index) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        YarnConfiguration configuration = new YarnConfiguration(resourceManager.getConfig());
        configuration.set(YarnConfiguration.RM_NODES_EXCLUDE_FILE_PATH, excluded.toString());
        try {
            resourceManager
                    .getRMContext()
                    .getNodesListManager()
                    .refreshNodesGracefully(configuration, Math.toIntExact(timeout.toSeconds()));
        } catch (YarnException refused) {
            throw new IOException("Node " + index + " could not be decommissioned: " + refused.getMessage(), refused);
        }
    }

    private void launchNodeManager(int index) {
        NodeDaemon starting = new NodeDaemon();
        try {
            starting.init(new YarnConfiguration(nodeConfigurations.get(index)));
            starting.start();
        } catch (RuntimeException e) {
            starting.stop();
            throw e;
        }
        nodeManagers.set(index, starting);
        nodeHosts.put(index, starting.getNMContext().getNodeId().getHost());
    }

    /** Waits until the active ResourceManager counts every NodeManager that was started. */
    void awaitNodeManagers() throws InterruptedException {
        if (active == null) {
            return;
        }
        ResourceManager resourceManager = active.runningOrThrow();
        long expected = nodeManagers.stream().filter(node -> node != null).count();
        long deadline = System.nanoTime() + NODES_DEADLINE.toNanos();
        while (registeredNodeManagerCount(resourceManager) < expected) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("Only " + registeredNodeManagerCount(resourceManager) + " of "
                        + expected + " NodeManagers registered within " + NODES_DEADLINE.toSeconds()
                        + " s: read " + settings.logFile() + ".");
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    private long registeredNodeManagerCount(ResourceManager running) {
        return nodeManagers.stream()
                .filter(node -> node != null
                        && running.getRMContext()
                                .getRMNodes()
                                .containsKey(node.getNMContext().getNodeId()))
                .count();
    }

    private YarnConfiguration daemonConfiguration(Map<String, String> hdfsAddresses) {
        YarnConfiguration configuration = new YarnConfiguration();
        HadoopSettings.apply(HadoopSettings.shared(settings), configuration);
        HadoopSettings.apply(HadoopSettings.daemonsOnly(settings), configuration);
        HadoopSettings.apply(hdfsAddresses, configuration);
        return HadoopSettings.apply(addresses(), configuration);
    }

    private YarnConfiguration nodeConfiguration(int index, Map<String, String> hdfsAddresses) throws IOException {
        Path folder = nodeFolder(index);
        YarnConfiguration configuration = daemonConfiguration(hdfsAddresses);
        // A NodeManager that finds its containers again must come back under the same id: host and port.
        configuration.set(YarnConfiguration.NM_ADDRESS, address(index) + ":" + LoopbackPorts.free());
        if (settings.hostForEachNode()) {
            // Else the address is turned into a name, which may be the same for all.
            configuration.set(YarnConfiguration.NM_BIND_HOST, address(index));
        }
        configuration.set(YarnConfiguration.NM_LOCALIZER_ADDRESS, address(index) + ":0");
        configuration.set(YarnConfiguration.NM_WEBAPP_ADDRESS, address(index) + ":0");
        configuration.set(YarnConfiguration.NM_LOCAL_DIRS, makeFolder(folder.resolve("local")));
        configuration.set(YarnConfiguration.NM_LOG_DIRS, makeFolder(folder.resolve("log")));
        configuration.set(YarnConfiguration.NM_RECOVERY_DIR, makeFolder(folder.resolve("recovery")));
        return configuration;
    }

    private static String makeFolder(Path folder) throws IOException {
        return Files.createDirectories(folder).toString();
    }

    private String address(int index) {
        return settings.hostForEachNode() ? "127.0.0." + (index + 2) : LoopbackPorts.ADDRESS;
    }
}
