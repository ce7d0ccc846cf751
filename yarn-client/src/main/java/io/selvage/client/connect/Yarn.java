package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.failure.FailureWords;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.SecretManager;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptReport;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ContainerReport;
import org.apache.hadoop.yarn.api.records.ContainerState;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueUserACLInfo;
import org.apache.hadoop.yarn.api.records.ResourceInformation;
import org.apache.hadoop.yarn.api.records.ResourceTypeInfo;
import org.apache.hadoop.yarn.api.records.YarnApplicationAttemptState;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.ClientRMProxy;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.client.api.YarnClientApplication;
import org.apache.hadoop.yarn.conf.HAUtil;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.ConverterUtils;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;

/**
 * The ResourceManager, as a client sees it: every call ends within seconds, or is patient with one that goes away while
 * a command is at work; and its failure is a sentence.
 */
public final class Yarn implements AutoCloseable {
    private static final int PROBE_MILLIS = 3_000;

    private final YarnClient client;
    private final String where;
    private final Waiting waiting;
    private final boolean isPatient;

    /** @param client whose order to kill returns when YARN has it ({@link PromptClient}) */
    Yarn(YarnClient client, String where, Waiting waiting) {
        this(client, where, waiting, false);
    }

    private Yarn(YarnClient client, String where, Waiting waiting, boolean isPatient) {
        this.client = client;
        this.where = where;
        this.waiting = waiting;
        this.isPatient = isPatient;
    }

    /**
     * Asks once.
     *
     * @param waiting for who wants to be patient ({@link #patient})
     * @throws ClientException if nobody listens where the configuration says that the ResourceManager is
     */
    public static Yarn connect(YarnConfiguration hadoop, Waiting waiting) {
        List<InetSocketAddress> addresses = addresses(hadoop);
        String where = SessionRecord.clusterAt(addresses.stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .toList());
        if (addresses.stream().noneMatch(Yarn::listens)) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "No ResourceManager answers at " + where
                            + ". Check that YARN runs, and that HADOOP_CONF_DIR names the right cluster.");
        }
        YarnClient client = new PromptClient();
        client.init(hadoop);
        client.start();
        return new Yarn(client, where, waiting);
    }

    /**
     * The same one, for who has had an answer of it before: it is asked again until it answers, as long as
     * {@link Waiting} does. Every question may be asked twice. It is closed with this one.
     */
    public Yarn patient() {
        return new Yarn(client, where, waiting, true);
    }

    Waiting waiting() {
        return waiting;
    }

    private static List<InetSocketAddress> addresses(YarnConfiguration hadoop) {
        if (!HAUtil.isHAEnabled(hadoop)) {
            return List.of(hadoop.getSocketAddr(
                    YarnConfiguration.RM_ADDRESS,
                    YarnConfiguration.DEFAULT_RM_ADDRESS,
                    YarnConfiguration.DEFAULT_RM_PORT));
        }
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String id : HAUtil.getRMHAIds(hadoop)) {
            String host = hadoop.get(HAUtil.addSuffix(YarnConfiguration.RM_HOSTNAME, id), "0.0.0.0");
            addresses.add(hadoop.getSocketAddr(
                    HAUtil.addSuffix(YarnConfiguration.RM_ADDRESS, id),
                    host + ":" + YarnConfiguration.DEFAULT_RM_PORT,
                    YarnConfiguration.DEFAULT_RM_PORT));
        }
        return addresses;
    }

    /** Where the pages of its ResourceManagers are: {@code http://host:8088}. */
    public static List<String> pages(YarnConfiguration hadoop) {
        boolean isSecret = YarnConfiguration.useHttps(hadoop);
        String key = isSecret ? YarnConfiguration.RM_WEBAPP_HTTPS_ADDRESS : YarnConfiguration.RM_WEBAPP_ADDRESS;
        int port = isSecret ? YarnConfiguration.DEFAULT_RM_WEBAPP_HTTPS_PORT : YarnConfiguration.DEFAULT_RM_WEBAPP_PORT;
        List<InetSocketAddress> addresses = new ArrayList<>();
        if (!HAUtil.isHAEnabled(hadoop)) {
            addresses.add(hadoop.getSocketAddr(key, "0.0.0.0:" + port, port));
        } else {
            for (String id : HAUtil.getRMHAIds(hadoop)) {
                String host = hadoop.get(HAUtil.addSuffix(YarnConfiguration.RM_HOSTNAME, id), "0.0.0.0");
                addresses.add(hadoop.getSocketAddr(HAUtil.addSuffix(key, id), host + ":" + port, port));
            }
        }
        return addresses.stream()
                .map(address -> pageScheme(hadoop) + address.getHostString() + ":" + address.getPort())
                .toList();
    }

    /** What comes before host and port of a daemon's pages. */
    public static String pageScheme(YarnConfiguration hadoop) {
        return YarnConfiguration.useHttps(hadoop) ? "https://" : "http://";
    }

    private static boolean listens(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.getHostString(), address.getPort()), PROBE_MILLIS);
            return true;
        } catch (IOException nobody) {
            return false;
        }
    }

    /** Where its ResourceManagers are, which tells one cluster from another ({@link SessionRecord#isOn}). */
    public String where() {
        return where;
    }

    /** Adds what lets a process of the session use the ResourceManager in the name of its user. */
    public void addToken(String renewer, Credentials credentials) {
        Token<TokenIdentifier> token = call(
                "give a delegation token",
                () -> ConverterUtils.<TokenIdentifier>convertFromYarn(
                        client.getRMDelegationToken(new Text(renewer)),
                        ClientRMProxy.getRMDelegationTokenService(client.getConfig())));
        credentials.addToken(token.getService(), token);
    }

    public YarnClientApplication newApplication() {
        return call("make an application", client::createApplication);
    }

    public void submit(ApplicationSubmissionContext context) {
        call("take the application", () -> client.submitApplication(context));
    }

    /** @throws ClientException with {@code NO_SESSION} if YARN does not know it, or not any more */
    public ApplicationReport report(ApplicationId id) {
        return call("tell about " + id, () -> client.getApplicationReport(id));
    }

    /**
     * Ends the application; does nothing if it has ended. Returns when it has.
     *
     * @throws ClientException with {@code SESSION_FAILED} if YARN is at it for longer than {@link Waiting} waits; with
     *     {@code NO_SESSION} if YARN did not know it when it was asked
     */
    public void kill(ApplicationId id, String why) {
        Kill kill = new Kill(id, why);
        if (!waiting.untilSo(() -> repeated(kill::hasEnded), kill::stands)) {
            throw new ClientException(ExitCode.SESSION_FAILED, kill.stands());
        }
    }

    /** An order, and what has become of it. */
    private final class Kill {
        private final ApplicationId id;
        private final String why;
        private boolean wasTaken;
        private YarnApplicationState lastSeen = YarnApplicationState.RUNNING;

        Kill(ApplicationId id, String why) {
            this.id = id;
            this.why = why;
        }

        /**
         * Gives the order, again each time, and looks: another ResourceManager that is active now may not know of it.
         */
        boolean hasEnded() {
            try {
                order();
                ApplicationReport report = ask("tell about " + id, () -> client.getApplicationReport(id));
                lastSeen = report.getYarnApplicationState();
                return SessionState.of(report).hasEnded();
            } catch (ClientException failed) {
                if (wasTaken && failed.exitCode() == ExitCode.NO_SESSION) {
                    return true; // YARN has forgotten it after its end.
                }
                throw failed;
            }
        }

        private void order() {
            ask("kill " + id, () -> {
                client.killApplication(id, why);
                return id;
            });
            wasTaken = true;
        }

        String stands() {
            return service() + " was asked to kill " + id + ", and is still at it: the application is " + lastSeen
                    + ".";
        }
    }

    /** A new attempt follows, if the application may have one more. */
    public void failAttempt(ApplicationAttemptId attempt) {
        call("fail " + attempt, () -> {
            client.failApplicationAttempt(attempt);
            return attempt;
        });
    }

    /** Of the application, as far as YARN remembers them. */
    public int failedAttemptsSince(ApplicationId application, long millis) {
        return call(
                "list the attempts of " + application, () -> (int) client.getApplicationAttempts(application).stream()
                        .filter(attempt ->
                                attempt.getYarnApplicationAttemptState() == YarnApplicationAttemptState.FAILED)
                        .filter(attempt -> attempt.getFinishTime() > millis)
                        .count());
    }

    /** The ids of the application's containers that have not ended. */
    public Set<String> liveContainers(ApplicationAttemptId attempt) {
        return call(
                "list the containers of " + attempt,
                () -> client.getContainers(attempt).stream()
                        .filter(container -> container.getContainerState() != ContainerState.COMPLETE)
                        .map(container -> container.getContainerId().toString())
                        .collect(Collectors.toSet()));
    }

    /** The containers that masters of the application run or ran in, newest first; as far as YARN remembers. */
    public List<String> masterContainers(ApplicationId application) {
        return call(
                "list the attempts of " + application,
                () -> client.getApplicationAttempts(application).stream()
                        .filter(attempt -> attempt.getAMContainerId() != null)
                        .sorted(Comparator.comparing(ApplicationAttemptReport::getApplicationAttemptId)
                                .reversed())
                        .map(attempt -> attempt.getAMContainerId().toString())
                        .toList());
    }

    /** The application's containers that have not ended, each with the address of its node's pages. */
    public Map<String, String> nodesOfContainers(ApplicationAttemptId attempt) {
        return call("list the containers of " + attempt, () -> {
            Map<String, String> nodes = new HashMap<>();
            for (ContainerReport container : client.getContainers(attempt)) {
                if (container.getContainerState() != ContainerState.COMPLETE
                        && container.getNodeHttpAddress() != null) {
                    nodes.put(container.getContainerId().toString(), container.getNodeHttpAddress());
                }
            }
            return nodes;
        });
    }

    public Optional<QueueInfo> queue(String name) {
        return call("tell about the queue " + name, () -> {
            try {
                return Optional.ofNullable(client.getQueueInfo(name));
            } catch (YarnException | IOException unknown) {
                // Schedulers differ: the fair one answers null, the capacity one throws.
                if (String.valueOf(unknown.getMessage()).contains("Unknown queue")) {
                    return Optional.empty();
                }
                throw unknown;
            }
        });
    }

    /** The queues below the root, those that only hold others among them. */
    public List<QueueInfo> allQueues() {
        return call("list its queues", client::getAllQueues);
    }

    /** What this user may do with each queue; none where, as far as is known here, the cluster does not ask. */
    public List<QueueUserACLInfo> queueRights() {
        boolean areChecked = client.getConfig()
                .getBoolean(YarnConfiguration.YARN_ACL_ENABLE, YarnConfiguration.DEFAULT_YARN_ACL_ENABLE);
        return areChecked ? call("tell what you may do with its queues", client::getQueueAclsInfo) : List.of();
    }

    /** None where labels are not in use. */
    public List<NodeLabel> nodeLabels() {
        return call("list its node labels", client::getClusterNodeLabels);
    }

    /** Beside memory and cores. What is read of resources from then on knows these types. */
    public Set<String> moreResourceTypes() {
        List<ResourceTypeInfo> types = call("list its resource types", client::getResourceTypeInfo);
        // Only if they are others than this process knows: its other threads read what this replaces.
        if (!Set.copyOf(ResourceUtils.getResourcesTypeInfo()).equals(Set.copyOf(types))) {
            ResourceUtils.reinitializeResources(types);
        }
        return types.stream()
                .map(ResourceTypeInfo::getName)
                .filter(name ->
                        !name.equals(ResourceInformation.MEMORY_URI) && !name.equals(ResourceInformation.VCORES_URI))
                .collect(Collectors.toSet());
    }

    public List<NodeReport> runningNodes() {
        return call("list its nodes", () -> client.getNodeReports(NodeState.RUNNING));
    }

    @Override
    public void close() {
        client.stop();
    }

    private <T> T call(String what, Callable<T> call) {
        return repeated(() -> ask(what, call));
    }

    private <T> T repeated(Supplier<T> question) {
        return isPatient ? waiting.untilAnswered(question) : question.get();
    }

    private String service() {
        return "The ResourceManager at " + where;
    }

    private <T> T ask(String what, Callable<T> call) {
        String service = service();
        try {
            return Patience.bounded(service, call);
        } catch (ClientException sentence) {
            throw sentence;
        } catch (ApplicationNotFoundException unknown) {
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "YARN does not know this session, or has forgotten it after its end.",
                    unknown);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (YarnException refused) {
            throw new ClientException(
                    ExitCode.REFUSED, service + " refuses to " + what + ": " + FailureWords.sentence(refused), refused);
        } catch (AccessControlException | SecretManager.InvalidToken refused) {
            throw new ClientException(
                    ExitCode.REFUSED, service + " refuses to " + what + ": " + FailureWords.sentence(refused), refused);
        } catch (Exception unreachable) {
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    service + " did not answer when it was to " + what + ": " + FailureWords.sentence(unreachable)
                            + " Check that YARN runs, and that HADOOP_CONF_DIR names the right cluster.",
                    unreachable);
        }
    }
}
