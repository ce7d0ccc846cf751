package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.logaggregation.ContainerLogsRequest;
import org.apache.hadoop.yarn.logaggregation.filecontroller.LogAggregationFileControllerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The ends of containers' log files: of a session that runs from the container's node, of one that has ended from HDFS.
 * Used by one thread. What can't be had is a {@code NOT_SHOWN}, with the reason and what to run instead.
 */
public final class ContainerLogs {
    /** What is fetched for each line that is wanted; lines are shorter, stack traces aside. */
    private static final int BYTES_PER_LINE = 512;

    private static final int LEAST_BYTES = 64 << 10;
    private static final int MOST_BYTES = 16 << 20;
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(4);

    private final Yarn yarn;
    private final YarnConfiguration hadoop;

    public ContainerLogs(Yarn yarn, YarnConfiguration hadoop) {
        this.yarn = yarn;
        this.hadoop = hadoop;
    }

    /**
     * The end of a log.
     *
     * @param text whole lines
     * @param isCut there is more before it
     */
    public record Tail(String container, String file, String text, boolean isCut) {}

    /** The container of the session's newest master. */
    public String masterContainer(String applicationId) {
        List<String> containers = yarn.masterContainers(ApplicationId.fromString(applicationId));
        if (containers.isEmpty()) {
            throw new ClientException(
                    ExitCode.NOT_SHOWN,
                    "YARN knows no container of a master of " + applicationId
                            + ": it waits for room, or was forgotten. See: yarn application -status " + applicationId);
        }
        return containers.get(0);
    }

    /**
     * Reads the end of a file in a container's log directory.
     *
     * @param lines as many at most
     */
    public Tail tail(String applicationId, String container, String file, int lines) {
        ApplicationReport report = yarn.report(ApplicationId.fromString(applicationId));
        int bytes = (int) Math.min(MOST_BYTES, Math.max(LEAST_BYTES, (long) lines * BYTES_PER_LINE));
        byte[] answer = SessionState.of(report).hasEnded()
                ? aggregated(report, container, file, bytes)
                : ofNode(report, container, file, bytes);
        return LogText.of(new String(answer, StandardCharsets.UTF_8), file)
                .map(log -> log.tail(container, file, lines))
                .orElseThrow(
                        () -> notShown(report, container, "there is no " + file + " of it, or nothing is in it", null));
    }

    private byte[] ofNode(ApplicationReport report, String container, String file, int bytes) {
        String node =
                yarn.nodesOfContainers(report.getCurrentApplicationAttemptId()).get(container);
        if (node == null) {
            throw notShown(
                    report,
                    container,
                    "it has ended, or is none of the session's; its log is on the node that it ran on until the"
                            + " session ends",
                    null);
        }
        String address = node.startsWith("http") ? node : Yarn.pageScheme(hadoop) + node;
        URI uri = URI.create(address + "/ws/v1/node/containers/" + container + "/logs/" + file + "?size=-" + bytes);
        try {
            HttpResponse<byte[]> answer = DaemonHttp.get(uri, CONNECT_PATIENCE, Patience.CALL);
            return switch (answer.statusCode()) {
                case 200 -> answer.body();
                case 401, 403 ->
                    throw notShown(report, container, address + " wants to know who asks (Kerberos)", null);
                case 404 -> throw notShown(report, container, address + " has no " + file + " of it", null);
                default -> throw notShown(report, container, address + " answers with " + answer.statusCode(), null);
            };
        } catch (ExecutionException unreachable) {
            throw notShown(report, container, address + " does not answer", unreachable);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }

    private byte[] aggregated(ApplicationReport report, String container, String file, int bytes) {
        ApplicationId application = report.getApplicationId();
        ContainerLogsRequest request = new ContainerLogsRequest();
        request.setAppId(application);
        request.setAppOwner(report.getUser());
        request.setAppFinished(true);
        request.setContainerId(container);
        request.setLogTypes(Set.of(file));
        request.setBytes(-bytes);
        try {
            return Patience.bounded("HDFS", () -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                new LogAggregationFileControllerFactory(hadoop)
                        .getFileControllerForRead(application, report.getUser())
                        .readAggregatedLogs(request, out);
                return out.toByteArray();
            });
        } catch (ClientException sentence) {
            throw sentence;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (Exception | LinkageError absent) {
            // A format of logs that needs Hadoop's servers is none that this client can read.
            throw notShown(
                    report,
                    container,
                    "the session has ended, and no logs of it are in HDFS yet, or ever will be: the cluster may not"
                            + " collect them (yarn.log-aggregation-enable)",
                    absent);
        }
    }

    private static ClientException notShown(
            ApplicationReport report, String container, String why, @Nullable Throwable cause) {
        String sentence = "The log of " + container + " can't be had: " + why + ". Try: yarn logs -applicationId "
                + report.getApplicationId() + " -containerId " + container;
        return cause == null
                ? new ClientException(ExitCode.NOT_SHOWN, sentence)
                : new ClientException(ExitCode.NOT_SHOWN, sentence, cause);
    }
}
