package io.selvage.master.yarn;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.process.MasterHint;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.ContainerStatus;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.PreemptionMessage;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceInformation;
import org.apache.hadoop.yarn.api.records.UpdatedContainer;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.async.AMRMClientAsync;
import org.apache.hadoop.yarn.client.api.async.NMClientAsync;
import org.apache.hadoop.yarn.client.api.async.impl.NMClientAsyncImpl;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This attempt's link to YARN. Used by the loop, which never blocks here, and by YARN's callback threads, which only
 * post events; hence the concurrent maps.
 *
 * <p>It is deliberately never stopped when the process ends by a signal: stopping YARN's clients could unregister the
 * application or stop its containers, and the next attempt wants both.
 */
public final class YarnCluster {
    /** Between two heartbeats to the ResourceManager, which answers with containers and exits. */
    static final int HEARTBEAT_MILLIS = 500;
    /** While containers are awaited. */
    static final int HASTY_HEARTBEAT_MILLIS = 100;
    /** Between two times that the loop is told that the ResourceManager answers. */
    private static final long ANSWER_TOLD_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final Priority PRIORITY = Priority.newInstance(1);
    private static final Logger LOG = LoggerFactory.getLogger(YarnCluster.class);

    private final Inbox inbox;
    private final SessionConfig config;
    private final SessionSpec spec;
    private final int attempt;
    private final YarnConfiguration hadoop;
    private final AMRMClientAsync<ContainerRequest> resourceManager;
    private final NMClientAsync nodeManagers;
    private final Requests requests;

    /** Allocated and not yet launched or released. */
    private final Map<ExecutorId, Container> allocated = new ConcurrentHashMap<>();
    /** Every container that the core knows, for the way back from its name. */
    private final Map<ExecutorId, ContainerId> containers = new ConcurrentHashMap<>();

    /** Nodes that get no containers of this session, by YARN's ids; of the loop alone. */
    private final Set<String> avoided = new TreeSet<>();

    private long lastRequestId;
    /** For executors, instead of those of this process; volatile: written by the keeper of tokens, read by the loop. */
    private volatile Credentials tokens = new Credentials();
    // Volatile: written by the thread that joins, before any container can be allocated, and read by the loop.
    private volatile @Nullable ExecutorLaunch launch;

    /** @param attempt numbers the requests, so that those of an earlier attempt are never taken for this one's */
    public YarnCluster(Inbox inbox, SessionSpec spec, SessionConfig config, YarnConfiguration hadoop, int attempt) {
        this.inbox = inbox;
        this.config = config;
        this.hadoop = hadoop;
        this.spec = spec;
        this.attempt = attempt;
        this.lastRequestId = attempt * 1_000_000_000L;
        this.resourceManager = AMRMClientAsync.createAMRMClientAsync(HEARTBEAT_MILLIS, new ResourceManagerCallbacks());
        this.requests = new Requests(resourceManager::addContainerRequest, resourceManager::removeContainerRequest);
        this.nodeManagers = new NMClientAsyncImpl(new NodeManagerCallbacks());
    }

    /** Starts the clients, which takes a while and tells nobody anything. First of all, and once. */
    public void connect() {
        resourceManager.init(hadoop);
        resourceManager.start();
        nodeManagers.init(hadoop);
        nodeManagers.start();
        nodeManagers.getClient().cleanupRunningContainersOnStop(false);
    }

    /**
     * Registers this attempt and posts which containers are left of earlier ones. Blocks.
     *
     * @param specFile where the session's description lies in HDFS
     * @param mayWait for a node on which executors fit, if there is none; else nothing is posted then
     * @return why YARN would refuse to be asked for executors now, a sentence; empty if it would not
     * @throws IOException also if the ResourceManager refuses the attempt
     */
    public String join(LibraryFile specFile, String host, int controlPort, String trackingUrl, boolean mayWait)
            throws IOException {
        launch = new ExecutorLaunch(
                spec,
                specFile,
                config,
                new MasterHint(attempt, host, controlPort),
                UserGroupInformation.isSecurityEnabled());
        try {
            RegisterApplicationMasterResponse response =
                    resourceManager.registerApplicationMaster(host, controlPort, trackingUrl);
            // Only where they are needed: other threads of the client read what this replaces.
            if (!config.executorResources().isEmpty()
                    && !response.getResourceTypes().isEmpty()) {
                ResourceUtils.reinitializeResources(response.getResourceTypes());
            }
            Map<ExecutorId, Long> previous = new TreeMap<>();
            response.getContainersFromPreviousAttempts()
                    .forEach(container -> previous.put(remember(container), memoryMib(container)));
            Resource largest = response.getMaximumResourceCapability();
            String unfit = unfit(config, largest);
            if (unfit.isEmpty() || mayWait) {
                inbox.post(new MasterEvent.ResourceManagerJoined(previous, largest.getMemorySize(), unfit));
            }
            return unfit;
        } catch (YarnException refused) {
            throw new IOException("The ResourceManager refuses this attempt: " + refused.getMessage(), refused);
        }
    }

    public void requestContainers(MasterAction.RequestContainers action) {
        for (int i = 0; i < action.count(); i++) {
            requests.ask(request(config, action.memoryMib(), ++lastRequestId));
        }
        adaptHeartbeat();
    }

    /** Why a container of that size is too small for an executor: a sentence; empty if it is not. */
    static String unfit(SessionConfig config, Resource largest) {
        long memoryMib = config.executorMemory().mebibytes();
        if (memoryMib > largest.getMemorySize() || config.executorVcores() > largest.getVirtualCores()) {
            return "An executor of " + memoryMib + " MiB and " + config.executorVcores()
                    + " virtual cores is more than the cluster allows, which is " + largest.getMemorySize()
                    + " MiB and " + largest.getVirtualCores()
                    + ": open a session with a smaller selvage.executor.memory or selvage.executor.vcores.";
        }
        String missing = missing(config, largest);
        return missing.isEmpty()
                ? ""
                : "An executor is to have " + missing + ", which the cluster does not give to a container:"
                        + " open a session with another selvage.executor.resource.";
    }

    /** Of the resource types that executors are to have; empty if there is enough of each. */
    private static String missing(SessionConfig config, Resource largest) {
        Map<String, ResourceInformation> given = new TreeMap<>();
        for (ResourceInformation type : largest.getResources()) {
            given.put(type.getName(), type);
        }
        return config.executorResources().entrySet().stream()
                .filter(asked -> !given.containsKey(asked.getKey())
                        || given.get(asked.getKey()).getValue() < asked.getValue())
                .map(asked -> asked.getValue() + " of " + asked.getKey())
                .collect(Collectors.joining(" and "));
    }

    static ContainerRequest request(SessionConfig config, long memoryMib, long id) {
        Resource size = Resource.newInstance(memoryMib, config.executorVcores());
        config.executorResources().forEach(size::setResourceValue);
        ContainerRequest.ContainerRequestBuilder request = ContainerRequest.newBuilder()
                .capability(size)
                .priority(PRIORITY)
                .relaxLocality(true)
                .allocationRequestId(id);
        String label = config.effectiveExecutorLabel();
        return label.isEmpty()
                ? request.build()
                : request.nodeLabelsExpression(label).build();
    }

    public void withdrawRequests(int count) {
        requests.withdraw(count);
        adaptHeartbeat();
    }

    /** Tells the scheduler, which keeps it for later attempts too. */
    public void avoid(MasterAction.AvoidNodes action) {
        avoided.addAll(action.excluded());
        action.takenBack().forEach(avoided::remove);
        Set<String> back = names(action.takenBack());
        back.removeAll(names(avoided));
        resourceManager.updateBlacklist(new ArrayList<>(names(action.excluded())), new ArrayList<>(back));
    }

    /** The scheduler knows a node by its host, or with its port (yarn.scheduler.include-port-in-node-name). */
    private static Set<String> names(Collection<String> nodes) {
        Set<String> names = new TreeSet<>(nodes);
        nodes.forEach(node -> names.add(NodeId.fromString(node).getHost()));
        return names;
    }

    /** With these, from now on, nodes fetch the files of executors, and executors begin. */
    public void useTokens(Credentials fresh) {
        tokens = fresh;
    }

    public void launch(MasterAction.LaunchExecutor action) {
        Container container = allocated.remove(action.executor());
        if (container == null) {
            inbox.post(new MasterEvent.ContainerStartFailed(
                    action.executor(),
                    "Container " + action.executor() + " was taken back, or was never allocated to this attempt.",
                    false));
            return;
        }
        try {
            nodeManagers.startContainerAsync(
                    container,
                    Objects.requireNonNull(launch).context(memoryMib(container) - action.reserveMib(), credentials()));
        } catch (IOException failed) {
            inbox.post(new MasterEvent.ContainerStartFailed(
                    action.executor(), "The credentials of an executor could not be put together: " + failed, false));
        }
    }

    private Credentials credentials() throws IOException {
        Credentials credentials = UserGroupInformation.getCurrentUser().getCredentials();
        credentials.addAll(tokens);
        return credentials;
    }

    public void release(ExecutorId executor) {
        allocated.remove(executor);
        resourceManager.releaseAssignedContainer(containers.computeIfAbsent(executor, YarnCluster::parse));
    }

    /** Tells YARN that the application has ended. Blocks until the ResourceManager has noted it. */
    public void unregister(FinalApplicationStatus status, String diagnostics) throws IOException {
        try {
            resourceManager.unregisterApplicationMaster(status, diagnostics, "");
        } catch (YarnException refused) {
            throw new IOException(
                    "The ResourceManager does not let this attempt unregister: " + refused.getMessage(), refused);
        }
    }

    private void adaptHeartbeat() {
        resourceManager.setHeartbeatInterval(requests.isEmpty() ? HEARTBEAT_MILLIS : HASTY_HEARTBEAT_MILLIS);
    }

    private ExecutorId remember(Container container) {
        ExecutorId executor = new ExecutorId(container.getId().toString());
        containers.put(executor, container.getId());
        return executor;
    }

    private static long memoryMib(Container container) {
        return container.getResource().getMemorySize();
    }

    private static ContainerId parse(ExecutorId executor) {
        return ContainerId.fromString(executor.value());
    }

    /** Called by the client's one callback thread. */
    private final class ResourceManagerCallbacks extends AMRMClientAsync.AbstractCallbackHandler {
        /** Whose preemption was told of: YARN repeats itself with every heartbeat. */
        private final Set<ExecutorId> noticed = new HashSet<>();

        private int toldNodes;
        private long toldNanos = System.nanoTime();

        @Override
        public void onContainersAllocated(List<Container> given) {
            for (Container container : given) {
                requests.onAnswered(container.getAllocationRequestId());
                ExecutorId executor = remember(container);
                allocated.put(executor, container);
                inbox.post(new MasterEvent.ContainerAllocated(
                        executor, container.getNodeId().toString(), memoryMib(container)));
            }
            adaptHeartbeat();
        }

        @Override
        public void onContainersCompleted(List<ContainerStatus> ended) {
            for (ContainerStatus status : ended) {
                ExecutorId executor = new ExecutorId(status.getContainerId().toString());
                containers.remove(executor);
                allocated.remove(executor);
                noticed.remove(executor);
                inbox.post(new MasterEvent.ContainerCompleted(
                        executor,
                        status.getExitStatus(),
                        ExitStatus.explain(executor.value(), status.getExitStatus(), status.getDiagnostics())));
            }
        }

        @Override
        public void onContainersReceivedFromPreviousAttempts(List<Container> late) {
            late.forEach(container ->
                    inbox.post(new MasterEvent.PreviousContainerFound(remember(container), memoryMib(container))));
        }

        @Override
        public void onContainersUpdated(List<UpdatedContainer> updated) {
            LOG.info("YARN has updated {} containers, which nobody has asked for.", updated.size());
        }

        @Override
        public void onNodesUpdated(List<NodeReport> nodes) {
            nodes.stream().flatMap(report -> Notices.ofNode(report).stream()).forEach(notice -> {
                LOG.info("YARN reports of a node: {}", notice);
                inbox.post(notice);
            });
            Notices.ofLargeEnough(nodes, config).ifPresent(inbox::post);
        }

        @Override
        public void onPreemptionMessageReceived(PreemptionMessage message) {
            for (MasterEvent.ContainerToBePreempted notice : Notices.ofPreemption(message)) {
                if (noticed.add(notice.executor())) {
                    LOG.info("YARN gives notice: {}", notice);
                    inbox.post(notice);
                }
            }
        }

        @Override
        public void onShutdownRequest() {
            inbox.post(new MasterEvent.ResourceManagerLost(
                    "The ResourceManager tells this attempt to end: it was killed, or another one has taken over."));
        }

        @Override
        public void onError(Throwable error) {
            LOG.error("The link to the ResourceManager is lost.", error);
            inbox.post(new MasterEvent.ResourceManagerLost("The link to the ResourceManager is lost: " + error));
        }

        /** Called after each answer of the ResourceManager, which also says how many nodes there are. */
        @Override
        public float getProgress() {
            int nodes = resourceManager.getClusterNodeCount();
            long nowNanos = System.nanoTime();
            if (nodes != toldNodes || nowNanos - toldNanos >= ANSWER_TOLD_NANOS) {
                toldNodes = nodes;
                toldNanos = nowNanos;
                inbox.post(new MasterEvent.ClusterSized(nodes));
            }
            return 0.5f; // A stream has no end that could be measured.
        }
    }

    /** Called by the client's pool of threads. */
    private final class NodeManagerCallbacks extends NMClientAsync.AbstractCallbackHandler {
        @Override
        public void onContainerStarted(ContainerId container, Map<String, ByteBuffer> services) {
            LOG.info("Container {} is started.", container);
        }

        @Override
        public void onStartContainerError(ContainerId container, Throwable error) {
            LOG.warn("Container {} could not be started.", container, error);
            inbox.post(new MasterEvent.ContainerStartFailed(
                    new ExecutorId(container.toString()),
                    "Container " + container + " could not be started: " + error.getMessage(),
                    true));
        }

        @Override
        public void onContainerStopped(ContainerId container) {
            LOG.info("Container {} is stopped.", container);
        }

        @Override
        public void onStopContainerError(ContainerId container, Throwable error) {
            LOG.warn("Container {} could not be stopped.", container, error);
        }

        @Override
        public void onContainerStatusReceived(ContainerId container, ContainerStatus status) {
            LOG.debug("Container {} is {}.", container, status.getState());
        }

        @Override
        public void onGetContainerStatusError(ContainerId container, Throwable error) {
            LOG.warn("The state of container {} could not be had.", container, error);
        }

        @Override
        public void onContainerResourceIncreased(ContainerId container, Resource resource) {
            LOG.info("Container {} is now of size {}, which nobody has asked for.", container, resource);
        }

        @Override
        public void onContainerResourceUpdated(ContainerId container, Resource resource) {
            LOG.info("Container {} is now of size {}, which nobody has asked for.", container, resource);
        }

        @Override
        public void onIncreaseContainerResourceError(ContainerId container, Throwable error) {
            LOG.warn("The size of container {} could not be changed.", container, error);
        }

        @Override
        public void onUpdateContainerResourceError(ContainerId container, Throwable error) {
            LOG.warn("The size of container {} could not be changed.", container, error);
        }
    }
}
