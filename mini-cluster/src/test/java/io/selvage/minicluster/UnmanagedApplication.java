package io.selvage.minicluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.PrivilegedExceptionAction;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.ContainerStatus;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.AMRMClient;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.NMClient;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.security.AMRMTokenIdentifier;

/** An application whose ApplicationMaster is the test itself: it launches shell commands in containers. */
@SuppressWarnings("try") // A test that is interrupted while it closes fails, and that is all there is to do.
final class UnmanagedApplication implements AutoCloseable {

    /** Of each of its containers. */
    static final Resource SIZE = Resource.newInstance(64, 1);

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final YarnClient yarn;
    private final ApplicationId id;
    private final UserGroupInformation user;
    private final AMRMClient<ContainerRequest> resourceManager;
    private final NMClient nodeManagers;
    private final Map<ContainerId, ContainerStatus> completed = new HashMap<>();

    private UnmanagedApplication(
            YarnClient yarn,
            ApplicationId id,
            UserGroupInformation user,
            AMRMClient<ContainerRequest> resourceManager,
            NMClient nodeManagers) {
        this.yarn = yarn;
        this.id = id;
        this.user = user;
        this.resourceManager = resourceManager;
        this.nodeManagers = nodeManagers;
    }

    static UnmanagedApplication register(Configuration configuration) throws Exception {
        YarnClient yarn = YarnClient.createYarnClient();
        yarn.init(configuration);
        yarn.start();
        ApplicationSubmissionContext context = yarn.createApplication().getApplicationSubmissionContext();
        context.setApplicationName("unmanaged");
        context.setUnmanagedAM(true);
        context.setAMContainerSpec(ContainerLaunchContext.newInstance(null, null, null, null, null, null));
        context.setResource(SIZE);
        context.setMaxAppAttempts(1);
        ApplicationId id = yarn.submitApplication(context);
        Token<AMRMTokenIdentifier> token =
                Await.value("the application's token", DEADLINE, () -> yarn.getAMRMToken(id));
        UserGroupInformation user = UserGroupInformation.createRemoteUser(
                UserGroupInformation.getCurrentUser().getShortUserName());
        user.addToken(token);
        return user.doAs((PrivilegedExceptionAction<UnmanagedApplication>) () -> {
            AMRMClient<ContainerRequest> resourceManager = AMRMClient.createAMRMClient();
            resourceManager.init(configuration);
            resourceManager.start();
            resourceManager.registerApplicationMaster("localhost", -1, "");
            NMClient nodeManagers = NMClient.createNMClient();
            nodeManagers.init(configuration);
            // It would try for minutes to reach a node that a test has lost.
            nodeManagers.cleanupRunningContainersOnStop(false);
            nodeManagers.start();
            return new UnmanagedApplication(yarn, id, user, resourceManager, nodeManagers);
        });
    }

    ApplicationId id() {
        return id;
    }

    YarnApplicationState state() throws IOException, YarnException {
        return yarn.getApplicationReport(id).getYarnApplicationState();
    }

    /** Allocates a container and runs a command in it, with nothing in its environment but what YARN puts there. */
    Container run(String command) throws Exception {
        Container container = allocate();
        ContainerLaunchContext context =
                ContainerLaunchContext.newInstance(Map.of(), Map.of(), List.of(command), Map.of(), tokens(), Map.of());
        asUser(() -> nodeManagers.startContainer(container, context));
        return container;
    }

    ContainerStatus awaitCompleted(ContainerId container) throws Exception {
        return Await.value("the end of " + container, DEADLINE, () -> {
            heartbeat();
            return completed.get(container);
        });
    }

    @Override
    public void close() throws Exception {
        asUser(() -> {
            resourceManager.unregisterApplicationMaster(FinalApplicationStatus.SUCCEEDED, "", "");
            nodeManagers.stop();
            resourceManager.stop();
            return id;
        });
        yarn.stop();
    }

    private Container allocate() throws Exception {
        ContainerRequest request = new ContainerRequest(SIZE, null, null, Priority.newInstance(1));
        resourceManager.addContainerRequest(request);
        Container container = Await.value("a container", DEADLINE, () -> {
            List<Container> allocated = heartbeat();
            return allocated.isEmpty() ? null : allocated.get(0);
        });
        resourceManager.removeContainerRequest(request);
        return container;
    }

    private List<Container> heartbeat() throws Exception {
        return asUser(() -> {
            var response = resourceManager.allocate(0.5f);
            response.getCompletedContainersStatuses().forEach(status -> completed.put(status.getContainerId(), status));
            return response.getAllocatedContainers();
        });
    }

    private static ByteBuffer tokens() throws IOException {
        try (var bytes = new DataOutputBuffer()) {
            new Credentials().writeTokenStorageToStream(bytes);
            return ByteBuffer.wrap(bytes.getData(), 0, bytes.getLength());
        }
    }

    private <T> T asUser(Callable<T> action) throws Exception {
        return user.doAs((PrivilegedExceptionAction<T>) action::call);
    }
}
