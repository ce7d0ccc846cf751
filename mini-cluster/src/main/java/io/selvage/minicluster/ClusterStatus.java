package io.selvage.minicluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants.DatanodeReportType;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.exceptions.YarnException;

/** What a running cluster answers about itself; everything in it was asked over the network, as any client would. */
record ClusterStatus(boolean running, long pid, String configurationFolder, Hdfs hdfs, Yarn yarn) {

    record Hdfs(String uri, String webAddress, int liveDataNodeCount, long remainingBytes) {}

    record Yarn(
            String resourceManagerAddress,
            String webAddress,
            List<Node> nodeManagers,
            List<Application> runningApplications) {}

    record Node(String id, String webAddress, int containerCount, long memoryMib, long usedMemoryMib, int vcores) {}

    record Application(String id, String name, String type, String user, String queue, String state, int containers) {}

    private static final EnumSet<YarnApplicationState> UNFINISHED = EnumSet.of(
            YarnApplicationState.NEW,
            YarnApplicationState.NEW_SAVING,
            YarnApplicationState.SUBMITTED,
            YarnApplicationState.ACCEPTED,
            YarnApplicationState.RUNNING);

    static ClusterStatus ask(long pid, Path configurationFolder) throws IOException, YarnException {
        Configuration configuration = new Configuration();
        for (String file : ConfigurationFolder.FILES) {
            configuration.addResource(new org.apache.hadoop.fs.Path(
                    configurationFolder.resolve(file).toUri()));
        }
        // An answer now, or none: the user is waiting.
        configuration.set("ipc.client.connect.max.retries", "1");
        configuration.set("ipc.client.connect.timeout", "3000");
        configuration.set("ipc.client.rpc-timeout.ms", "5000");
        configuration.set("dfs.client.retry.policy.enabled", "false");
        configuration.set("dfs.client.failover.max.attempts", "1");
        configuration.set("yarn.resourcemanager.connect.max-wait.ms", "2000");
        return new ClusterStatus(
                true, pid, configurationFolder.toString(), askHdfs(configuration), askYarn(configuration));
    }

    String toJson() throws JsonProcessingException {
        return new ObjectMapper().writeValueAsString(this);
    }

    String toText() {
        StringBuilder text = new StringBuilder(String.format(
                """
                HDFS    %s   web http://%s   %d DataNode live, %d MiB free
                YARN    %s   web http://%s   %d NodeManagers live
                """,
                hdfs.uri,
                hdfs.webAddress,
                hdfs.liveDataNodeCount,
                hdfs.remainingBytes >> 20,
                yarn.resourceManagerAddress,
                yarn.webAddress,
                yarn.nodeManagers.size()));
        for (Node node : yarn.nodeManagers) {
            text.append(String.format(
                    "  node  %s   %d containers, %d of %d MiB, %d vcores   web http://%s%n",
                    node.id, node.containerCount, node.usedMemoryMib, node.memoryMib, node.vcores, node.webAddress));
        }
        text.append(String.format("Running applications: %d%n", yarn.runningApplications.size()));
        for (Application application : yarn.runningApplications) {
            text.append(String.format(
                    "  %s  %s  %s  user %s, queue %s, %d containers%n",
                    application.id,
                    application.state,
                    application.name,
                    application.user,
                    application.queue,
                    application.containers));
        }
        return text.toString();
    }

    private static Hdfs askHdfs(Configuration configuration) throws IOException {
        try (FileSystem fileSystem = FileSystem.newInstance(configuration)) {
            DistributedFileSystem hdfs = (DistributedFileSystem) fileSystem;
            FsStatus space = hdfs.getStatus();
            return new Hdfs(
                    hdfs.getUri().toString(),
                    configuration.get("dfs.namenode.http-address", "unknown"),
                    hdfs.getDataNodeStats(DatanodeReportType.LIVE).length,
                    space.getRemaining());
        }
    }

    private static Yarn askYarn(Configuration configuration) throws IOException, YarnException {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(configuration);
            yarn.start();
            List<Node> nodes = new ArrayList<>();
            for (NodeReport node : yarn.getNodeReports(NodeState.RUNNING)) {
                nodes.add(new Node(
                        node.getNodeId().toString(),
                        node.getHttpAddress(),
                        node.getNumContainers(),
                        node.getCapability().getMemorySize(),
                        node.getUsed() == null ? 0 : node.getUsed().getMemorySize(),
                        node.getCapability().getVirtualCores()));
            }
            List<Application> applications = new ArrayList<>();
            for (ApplicationReport application : yarn.getApplications(EnumSet.copyOf(UNFINISHED))) {
                applications.add(new Application(
                        application.getApplicationId().toString(),
                        application.getName(),
                        application.getApplicationType(),
                        application.getUser(),
                        application.getQueue(),
                        application.getYarnApplicationState().toString(),
                        Math.max(
                                0,
                                application.getApplicationResourceUsageReport().getNumUsedContainers())));
            }
            return new Yarn(
                    configuration.get("yarn.resourcemanager.address", "unknown"),
                    configuration.get("yarn.resourcemanager.webapp.address", "unknown"),
                    nodes,
                    applications);
        }
    }
}
