package io.selvage.minicluster;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HDFS and YARN in this process, on loopback; its state is guarded by its own lock, so that any thread of a test may
 * drive it. Containers are real processes of the operating system.
 *
 * <pre>{@code
 * try (MiniCluster cluster = MiniCluster.builder(folder).start()) {
 *     YarnClient yarn = YarnClient.createYarnClient();
 *     yarn.init(cluster.hadoopConfiguration());
 * }
 * }</pre>
 *
 * A cluster starts empty: what an earlier one left in the folder is deleted. It is started once and closed once.
 */
// The methods are synchronized: a daemon's start takes seconds and has no thread of its own to which a message could
// be sent, and two drills at a time on one daemon have no meaning.
public final class MiniCluster implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MiniCluster.class);

    /** Where a cluster is in its one life. */
    private enum Phase {
        /** Made, nothing runs. */
        NEW,
        /** Every daemon answered at least once. */
        STARTED,
        /** Nothing of it runs any more. */
        CLOSED;

        private Set<Phase> next() {
            return switch (this) {
                case NEW -> Set.of(STARTED, CLOSED);
                case STARTED -> Set.of(CLOSED);
                case CLOSED -> Set.of();
            };
        }
    }

    private final MiniClusterSettings settings;
    private final Consumer<String> progress;
    private final YarnDaemons yarn;
    private final Thread closeAtExit = new Thread(this::closeAtExit, "mini-cluster-exit");
    private Phase phase = Phase.NEW;
    private @Nullable FolderLock folderLock;
    private @Nullable DaemonLog log;
    private @Nullable HdfsDaemons hdfs;
    private Map<String, String> clientSettings = Map.of();

    private MiniCluster(MiniClusterSettings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
        this.yarn = new YarnDaemons(settings);
    }

    /**
     * Starts to describe a cluster.
     *
     * @param baseFolder the folder below which the cluster keeps all its files; must be new, empty, or of an earlier
     *     cluster
     */
    public static Builder builder(Path baseFolder) {
        return new Builder(MiniClusterSettings.in(baseFolder));
    }

    static MiniCluster of(MiniClusterSettings settings, Consumer<String> progress) {
        return new MiniCluster(settings, progress);
    }

    /**
     * Returns when HDFS takes writes and every NodeManager is registered.
     *
     * @throws IOException if the folder is in use or not one of a cluster, or if a daemon did not start
     */
    public synchronized MiniCluster start() throws IOException, InterruptedException {
        if (phase != Phase.NEW) {
            throw new IllegalStateException("This cluster was started before: make another one.");
        }
        folderLock = FolderLock.take(settings.baseFolder());
        try {
            deleteEarlierCluster();
            Files.createDirectories(settings.temporaryFolder());
            log = DaemonLog.open(settings.logFile());
            Runtime.getRuntime().addShutdownHook(closeAtExit);
            startDaemons();
            transition(Phase.STARTED, "every daemon has registered");
            return this;
        } catch (IOException | InterruptedException | RuntimeException e) {
            try {
                close();
            } catch (IOException | RuntimeException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** The settings of a client of this cluster, in a copy that the caller may change. */
    public synchronized Configuration hadoopConfiguration() {
        requireStarted();
        return HadoopSettings.apply(clientSettings, new YarnConfiguration());
    }

    /** The folder that HADOOP_CONF_DIR has to name for a client of this cluster. */
    public Path configurationFolder() {
        return settings.configurationFolder();
    }

    /** The folder below which the cluster keeps all its files. */
    public Path baseFolder() {
        return settings.baseFolder();
    }

    /** The number of NodeManagers it was made with. */
    public int nodeManagerCount() {
        return settings.nodeManagerCount();
    }

    /** The folder below which a NodeManager keeps its containers' files ({@code local}) and logs ({@code log}). */
    public Path nodeFolder(int nodeManager) {
        return yarn.nodeFolder(checkNode(nodeManager));
    }

    /** The file to which the daemons log. */
    public Path logFile() {
        return settings.logFile();
    }

    /** Leaves HDFS no room for another block, as a full disk does, until {@link #emptyHdfs}. */
    public synchronized void fillHdfs() throws IOException {
        requireStarted();
        hdfsOrThrow().setFull(true);
    }

    /** Gives HDFS the room again that its disk has. */
    public synchronized void emptyHdfs() throws IOException {
        requireStarted();
        hdfsOrThrow().setFull(false);
    }

    /** Stops the NameNode; clients retry until it is back. */
    public synchronized void stopNameNode() {
        requireStarted();
        hdfsOrThrow().stopNameNode();
    }

    /** Starts the NameNode under its old address; returns when it takes writes. */
    public synchronized void startNameNode() throws IOException {
        requireStarted();
        hdfsOrThrow().startNameNode();
    }

    /**
     * Stops a NodeManager without a word to the ResourceManager, and leaves its containers running, as the crash of the
     * daemon does.
     */
    public synchronized void stopNodeManager(int nodeManager) {
        requireStarted();
        yarn.stopNodeManager(checkNode(nodeManager));
    }

    /**
     * Starts a stopped NodeManager; it finds its containers again. Returns when it is registered. It is not the parent
     * of these processes and cannot tell how they end: it reports a failure, whatever their exit status is.
     */
    public synchronized void startNodeManager(int nodeManager) throws InterruptedException {
        requireStarted();
        yarn.startNodeManager(checkNode(nodeManager));
    }

    /**
     * Stops a NodeManager and kills its containers without a word to anyone, as the loss of the machine does.
     *
     * @return how many processes were killed
     */
    public synchronized int loseNode(int nodeManager) throws InterruptedException {
        requireStarted();
        yarn.stopNodeManager(checkNode(nodeManager));
        return ContainerProcesses.kill(yarn.nodeFolder(nodeManager));
    }

    /**
     * Has YARN take a node out of service in an orderly way, as {@code yarn rmadmin -refreshNodes -g} does: it gives
     * notice, and ends what is still there after the time-out. Each node needs a host of its own.
     */
    public synchronized void decommission(int nodeManager, Duration timeout) throws IOException {
        requireStarted();
        if (!settings.hostForEachNode()) {
            throw new IllegalStateException("YARN decommissions hosts, and all nodes of this cluster have the same one:"
                    + " build it with hostForEachNode().");
        }
        yarn.decommission(checkNode(nodeManager), timeout);
    }

    /** The address that YARN knows a node by. */
    public synchronized String nodeHost(int nodeManager) {
        return yarn.nodeHost(checkNode(nodeManager));
    }

    /** The numbers of the processes that run in containers now: those of NodeManagers that are stopped, too. */
    public synchronized List<Long> containerProcesses() {
        return ContainerProcesses.below(settings.yarnFolder()).stream()
                .map(ProcessHandle::pid)
                .toList();
    }

    /** Stops the ResourceManager, of two the active one; applications run on. */
    public synchronized void stopResourceManager() {
        requireStarted();
        yarn.stopResourceManager();
    }

    /**
     * Starts the ResourceManager under its old addresses; it finds its applications again. If another one is active by
     * now, it stands by.
     */
    public synchronized void startResourceManager() throws IOException, InterruptedException {
        requireStarted();
        yarn.startResourceManager(hdfsOrThrow().addresses());
        yarn.awaitNodeManagers();
    }

    /**
     * Has the ResourceManager that stands by become the active one, as {@code yarn rmadmin -transitionToActive} does;
     * the one that is active, if it has not been stopped, stands by first. Returns when the new one has every
     * NodeManager.
     */
    public synchronized void failOverResourceManager() throws IOException, InterruptedException {
        requireStarted();
        yarn.failOver();
        yarn.awaitNodeManagers();
    }

    /** Stops everything, containers first; does nothing if it is closed. The files stay. */
    @Override
    public synchronized void close() throws IOException {
        if (phase == Phase.CLOSED) {
            return;
        }
        transition(Phase.CLOSED, "closed by its user");
        try {
            yarn.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while the mini-cluster in " + settings.baseFolder()
                    + " was stopping: processes of containers may be left, 'mini-cluster.sh stop' ends them.");
        } finally {
            if (hdfs != null) {
                hdfs.stop();
            }
            if (log != null) {
                log.close();
            }
            if (folderLock != null) {
                folderLock.close();
            }
            forgetShutdownHook();
        }
    }

    private void transition(Phase to, String reason) {
        if (!phase.next().contains(to)) {
            throw new IllegalStateException("A mini-cluster cannot go from " + phase + " to " + to + ".");
        }
        LOG.info("mini-cluster in {}: {} to {}, {}", settings.baseFolder(), phase, to, reason);
        phase = to;
    }

    private void closeAtExit() {
        try {
            close();
        } catch (IOException | RuntimeException e) {
            LOG.error("The mini-cluster in {} did not stop cleanly.", settings.baseFolder(), e);
        }
    }

    private void forgetShutdownHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(closeAtExit);
        } catch (IllegalStateException e) {
            LOG.debug("The process is ending: its shutdown hooks cannot be changed any more.", e);
        }
    }

    private void startDaemons() throws IOException, InterruptedException {
        // The two halves need nothing of each other to start, and each waits a lot.
        ExecutorService starters = Executors.newFixedThreadPool(2);
        try {
            progress.accept("starting the NameNode, a DataNode and the ResourceManager");
            Future<HdfsDaemons> startingHdfs = starters.submit(() -> HdfsDaemons.start(settings));
            Future<?> startingYarn = starters.submit(() -> {
                yarn.startResourceManagers();
                return true;
            });
            awaitBoth(startingHdfs, startingYarn);
        } finally {
            starters.shutdown();
        }
        progress.accept("starting " + settings.nodeManagerCount() + " NodeManagers");
        Map<String, String> hdfsAddresses = hdfsOrThrow().addresses();
        yarn.startNodeManagers(hdfsAddresses);

        Map<String, String> all = new TreeMap<>(HadoopSettings.shared(settings));
        all.putAll(hdfsAddresses);
        all.putAll(yarn.addresses());
        clientSettings = Map.copyOf(all);
        ConfigurationFolder.write(settings.configurationFolder(), all);
    }

    /** Waits for the second even if the first failed: only what has finished starting can be stopped. */
    private void awaitBoth(Future<HdfsDaemons> startingHdfs, Future<?> startingYarn)
            throws IOException, InterruptedException {
        @Nullable Throwable failure = null;
        try {
            hdfs = startingHdfs.get();
        } catch (ExecutionException e) {
            failure = e.getCause();
        }
        try {
            startingYarn.get();
        } catch (ExecutionException e) {
            failure = e.getCause();
        }
        if (failure != null) {
            throw new IOException(
                    "A daemon of the mini-cluster did not start (" + failure + "): read " + settings.logFile() + ".",
                    failure);
        }
    }

    private void deleteEarlierCluster() throws IOException, InterruptedException {
        ContainerProcesses.end(settings.yarnFolder());
        for (Path folder : List.of(
                settings.configurationFolder(),
                settings.hdfsFolder(),
                settings.yarnFolder(),
                settings.temporaryFolder(),
                settings.logFile().getParent())) {
            if (Files.exists(folder) && !FileUtil.fullyDelete(folder.toFile())) {
                throw new IOException("Could not delete " + folder
                        + ", which an earlier mini-cluster left: check its permissions, or choose another folder.");
            }
        }
    }

    private HdfsDaemons hdfsOrThrow() {
        if (hdfs == null) {
            throw new IllegalStateException("HDFS has not started.");
        }
        return hdfs;
    }

    private void requireStarted() {
        if (phase != Phase.STARTED) {
            throw new IllegalStateException("This cluster is " + phase + ": start it first.");
        }
    }

    private int checkNode(int nodeManager) {
        return Objects.checkIndex(nodeManager, settings.nodeManagerCount());
    }

    /** Chooses the settings of a cluster; for one thread. */
    public static final class Builder {

        private MiniClusterSettings settings;
        private Consumer<String> progress = step -> {};

        private Builder(MiniClusterSettings settings) {
            this.settings = settings;
        }

        /** Default: 2. */
        public Builder nodeManagers(int count) {
            settings = settings.withNodeManagerCount(count);
            return this;
        }

        /** What each NodeManager offers; nothing is reserved on the machine. Default: 8192. */
        public Builder nodeMemoryMib(int memoryMib) {
            settings = settings.withNodeMemoryMib(memoryMib);
            return this;
        }

        /** What each NodeManager offers. Default: 8. */
        public Builder nodeVcores(int vcores) {
            settings = settings.withNodeVcores(vcores);
            return this;
        }

        /** The cluster's limit of ApplicationMaster attempts, and its default. Default: 10. */
        public Builder maxAppAttempts(int attempts) {
            settings = settings.withMaxAppAttempts(attempts);
            return this;
        }

        /**
         * Gives each NodeManager a loopback address of its own, from 127.0.0.2 on, so that what YARN does with a host
         * hits one of them. Processes in containers then have to listen on every address.
         */
        public Builder hostForEachNode() {
            settings = settings.withHostForEachNode();
            return this;
        }

        /** Adds a second ResourceManager: see {@link MiniCluster#failOverResourceManager}. */
        public Builder standbyResourceManager() {
            return hadoop(MiniClusterSettings.STANDBY_RESOURCE_MANAGER, "true");
        }

        /**
         * Has NodeManagers kill containers that take more memory than they were given, as they do by default on a real
         * cluster.
         */
        public Builder memoryChecks() {
            return hadoop("yarn.nodemanager.pmem-check-enabled", "true")
                    // By default it is left to the kernel's control groups, which this cluster has not got.
                    .hadoop("yarn.nodemanager.resource.memory.enforced", "false")
                    .hadoop("yarn.nodemanager.container-monitor.enabled", "true");
        }

        /** A Hadoop setting of daemons and clients that wins over the cluster's own. */
        public Builder hadoop(String key, String value) {
            settings = settings.withHadoopOverride(key, value);
            return this;
        }

        /** Is told in a few words what the start waits for, by the thread that starts the cluster. */
        public Builder progress(Consumer<String> listener) {
            progress = listener;
            return this;
        }

        /** A cluster that has not started yet. */
        public MiniCluster build() {
            return new MiniCluster(settings, progress);
        }

        /** Builds the cluster and starts it. */
        public MiniCluster start() throws IOException, InterruptedException {
            return build().start();
        }
    }
}
