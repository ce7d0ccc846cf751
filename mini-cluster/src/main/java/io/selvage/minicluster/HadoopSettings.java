package io.selvage.minicluster;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/** The Hadoop settings of an embedded cluster, and which of Hadoop's files each belongs to; pure. */
final class HadoopSettings {

    private static final int HEARTBEAT_MILLIS = 100;
    private static final int DAEMON_THREAD_COUNT = 8;
    private static final int CLIENT_POLL_MILLIS = 50;

    private HadoopSettings() {}

    /** What daemons and clients share. The addresses are added when the daemons have bound them. */
    static Map<String, String> shared(MiniClusterSettings settings) {
        Map<String, String> all = new TreeMap<>();
        all.put("hadoop.tmp.dir", settings.temporaryFolder().toString());
        all.put("hadoop.security.authentication", "simple");

        all.put("dfs.replication", "1");
        all.put("dfs.permissions.enabled", "true");
        all.put("dfs.client.read.shortcircuit", "false");
        all.put("dfs.datanode.synconclose", "false");
        // A NameNode that comes back is found, and leaves its safe mode, at the next heartbeat.
        all.put("dfs.heartbeat.interval", "1");
        all.put("dfs.namenode.safemode.extension", "0");

        all.put("yarn.resourcemanager.am.max-attempts", Integer.toString(settings.maxAppAttempts()));
        all.put("yarn.resourcemanager.am.global.max-attempts", Integer.toString(settings.maxAppAttempts()));
        all.put("yarn.scheduler.minimum-allocation-mb", "64");
        all.put("yarn.scheduler.maximum-allocation-mb", Integer.toString(settings.nodeMemoryMib()));
        all.put("yarn.scheduler.maximum-allocation-vcores", Integer.toString(settings.nodeVcores()));
        all.put("yarn.nodemanager.resource.memory-mb", Integer.toString(settings.nodeMemoryMib()));
        all.put("yarn.nodemanager.resource.cpu-vcores", Integer.toString(settings.nodeVcores()));
        all.put("yarn.nodemanager.pmem-check-enabled", "false");
        all.put("yarn.nodemanager.vmem-check-enabled", "false");
        all.put("yarn.timeline-service.enabled", "false");
        all.put("yarn.client.app-submission.poll-interval", Integer.toString(CLIENT_POLL_MILLIS));
        all.put("yarn.client.application-client-protocol.poll-interval-ms", Integer.toString(CLIENT_POLL_MILLIS));
        all.put("yarn.client.nodemanager-client-async.thread-pool-max-size", "16");
        // Hadoop's own pause of 30 s would hide the ResourceManager's return after a drill.
        all.put("yarn.resourcemanager.connect.retry-interval.ms", "500");
        all.put("yarn.resourcemanager.recovery.enabled", "true");
        all.put("yarn.resourcemanager.work-preserving-recovery.enabled", "true");
        all.putAll(settings.hadoopOverrides());
        return all;
    }

    /** What only the daemons need to know; a client's view of the cluster does not depend on it. */
    static Map<String, String> daemonsOnly(MiniClusterSettings settings) {
        Map<String, String> all = new TreeMap<>();
        all.put("yarn.resourcemanager.scheduler.class", SCHEDULER);
        all.put("yarn.scheduler.capacity.root.queues", "default");
        all.put("yarn.scheduler.capacity.root.default.capacity", "100");
        all.put("yarn.scheduler.capacity.root.default.maximum-capacity", "100");
        all.put("yarn.scheduler.capacity.root.default.state", "RUNNING");
        all.put("yarn.scheduler.capacity.root.default.user-limit-factor", "1");
        all.put("yarn.scheduler.capacity.root.default.maximum-am-resource-percent", "1.0");
        all.put("yarn.scheduler.capacity.maximum-am-resource-percent", "1.0");
        all.put("yarn.scheduler.capacity.maximum-applications", "1000");
        all.put("yarn.scheduler.capacity.node-locality-delay", "-1");
        all.put("yarn.scheduler.capacity.resource-calculator", RESOURCE_CALCULATOR);
        all.put("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms", Integer.toString(HEARTBEAT_MILLIS));
        // The heartbeat of the scheduler's node after a restart of the ResourceManager: no pause before containers.
        all.put("yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms", "0");
        all.put("yarn.resourcemanager.store.class", STATE_STORE);
        all.put(
                "yarn.resourcemanager.fs.state-store.uri",
                settings.yarnFolder().resolve("resource-manager").toUri().toString());
        all.put("yarn.nm.liveness-monitor.expiry-interval-ms", "15000");

        all.put("yarn.nodemanager.container-executor.class", LoopbackContainerExecutor.class.getName());
        all.put(
                LoopbackContainerExecutor.CONFIGURATION_FOLDER,
                settings.configurationFolder().toString());
        all.put("yarn.nodemanager.recovery.enabled", "true");
        // Containers outlive a stop of their NodeManager, as they do where an init system restarts it.
        all.put("yarn.nodemanager.recovery.supervised", "true");
        all.put("yarn.nodemanager.container-monitor.enabled", "false");
        all.put("yarn.nodemanager.localizer.fetch.thread-count", "8");
        all.put("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "100");
        all.put("yarn.nodemanager.disk-health-checker.min-free-space-per-disk-mb", "0");
        all.put("yarn.nodemanager.sleep-delay-before-sigkill.ms", "250");
        all.put("yarn.nodemanager.process-kill-wait.ms", "2000");
        // Hadoop's defaults count on thousands of clients: some 400 threads in this one process.
        for (String threads : THREAD_COUNTS) {
            all.put(threads, Integer.toString(DAEMON_THREAD_COUNT));
        }
        // Lets two NodeManagers and the ResourceManager share a JVM: web ports are written back, metrics may repeat.
        all.put("yarn.is.minicluster", "true");
        all.putAll(settings.hadoopOverrides());
        return all;
    }

    /** The file of a Hadoop configuration folder in which a setting is looked for. */
    static String fileOf(String key) {
        if (key.startsWith("dfs.")) {
            return "hdfs-site.xml";
        }
        return key.startsWith("yarn.") ? "yarn-site.xml" : "core-site.xml";
    }

    static <C extends Configuration> C apply(Map<String, String> settings, C configuration) {
        settings.forEach((key, value) -> configuration.set(key, value, "mini-cluster"));
        return configuration;
    }

    private static final List<String> THREAD_COUNTS = List.of(
            "yarn.resourcemanager.client.thread-count",
            "yarn.resourcemanager.scheduler.client.thread-count",
            "yarn.resourcemanager.resource-tracker.client.thread-count",
            "yarn.resourcemanager.amlauncher.thread-count",
            "yarn.nodemanager.container-manager.thread-count");

    private static final String SCHEDULER =
            "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler";
    // The default one ignores virtual cores: every container would be reported with one.
    private static final String RESOURCE_CALCULATOR = "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator";
    private static final String STATE_STORE =
            "org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore";
}
