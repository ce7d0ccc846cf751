package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.logaggregation.ContainerLogsRequest;
import org.apache.hadoop.yarn.logaggregation.filecontroller.LogAggregationFileControllerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ends of containers' log files: of a session that runs from the container's node, of one that has ended from HDFS.
 * Used by one thread. What can't be had is a {@code NOT_SHOWN}, with the reason and what to run instead.
 */
public final class ContainerLogs {
    /** What is fetched for each line that is wanted; lines are shorter, stack traces aside. */
    private static final int BYTES_PER_LINE = 512;

    private static final int LEAST_BYTES = 64 << 10;
    private static final int MOST_BYTES = 16 << 20;
    /** Why the log of a container that does not run can't be had, while its session does. */
    public static final String HAS_ENDED =
            "it has ended, or is none of the session's; its log is on the node that it ran on until the session ends";

    private static final Logger LOG = LoggerFactory.getLogger(ContainerLogs.class);

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

    /**
     * What has become of a look at a log.
     *
     * @param piece null: it could not be had, or there is nothing in it
     * @param reason why not; part of a sentence
     * @param isForGood the next look would have no other answer
     */
    public record Look(@Nullable LogPiece piece, String reason, boolean isForGood) {
        static Look at(Optional<LogPiece> piece, String file) {
            return new Look(piece.orElse(null), "there is no " + file + " of it, or nothing is in it", false);
        }

        public static Look failed(String reason) {
            return new Look(null, reason, false);
        }
    }

    /**
     * Where the containers of a session are at this moment.
     *
     * @param end how it has ended, in words; null: it has not
     * @param master the newest one's container, if it runs
     * @param nodes of the containers that have not ended: the addresses of their pages
     */
    public record Places(@Nullable String end, @Nullable String master, Map<String, String> nodes) {
        public Places {
            nodes = Map.copyOf(nodes);
        }
    }

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

    public Places places(String applicationId) {
        ApplicationId application = ApplicationId.fromString(applicationId);
        ApplicationReport report = yarn.report(application);
        if (SessionState.of(report).hasEnded()) {
            return new Places(Diagnostics.ofEnd(report), null, Map.of());
        }
        Map<String, String> nodes = yarn.nodesOfContainers(report.getCurrentApplicationAttemptId());
        return new Places(
                null,
                yarn.masterContainers(application).stream()
                        .findFirst()
                        .filter(nodes::containsKey)
                        .orElse(null),
                nodes);
    }

    /**
     * Reads the end of a file in a container's log directory.
     *
     * @param lines as many at most
     */
    public Tail tail(String applicationId, String container, String file, int lines) {
        ApplicationReport report = yarn.report(ApplicationId.fromString(applicationId));
        int bytes = bytesOf(lines);
        Look look;
        if (SessionState.of(report).hasEnded()) {
            look = collected(report, container, file, bytes);
        } else {
            String node = yarn.nodesOfContainers(report.getCurrentApplicationAttemptId())
                    .get(container);
            look = node == null ? Look.failed(HAS_ENDED) : onNode(node, container, file, bytes);
        }
        @Nullable LogPiece piece = look.piece();
        if (piece == null) {
            throw notShown(applicationId, container, look.reason());
        }
        return piece.tail(container, file, lines);
    }

    /** As many bytes as are fetched for so many of the last lines. */
    public static int bytesOf(int lines) {
        return (int) Math.min(MOST_BYTES, Math.max(LEAST_BYTES, (long) lines * BYTES_PER_LINE));
    }

    /** Reads the last bytes of a file from the node on which the container runs, or ran. */
    public Look onNode(String node, String container, String file, int bytes) {
        String address = node.startsWith("http") ? node : Yarn.pageScheme(hadoop) + node;
        URI uri = URI.create(address + "/ws/v1/node/containers/" + container + "/logs/" + file + "?size=-" + bytes);
        try {
            HttpResponse<byte[]> answer = DaemonHttp.get(uri, Patience.CALL);
            return switch (answer.statusCode()) {
                case 200 -> Look.at(LogPiece.of(answer.body(), bytes), file);
                case 401, 403 -> new Look(null, address + " wants to know who asks (Kerberos)", true);
                case 404 -> Look.failed(address + " has no " + file + " of it");
                default -> Look.failed(address + " answers with " + answer.statusCode());
            };
        } catch (ExecutionException unreachable) {
            LOG.info("{} does not answer.", uri, unreachable);
            return Look.failed(address + " does not answer");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }

    /** Reads the last bytes of a file of a session that has ended, from where YARN collects them. */
    public Look collected(String applicationId, String container, String file, int bytes) {
        return collected(yarn.report(ApplicationId.fromString(applicationId)), container, file, bytes);
    }

    private Look collected(ApplicationReport report, String container, String file, int bytes) {
        ApplicationId application = report.getApplicationId();
        ContainerLogsRequest request = new ContainerLogsRequest();
        request.setAppId(application);
        request.setAppOwner(report.getUser());
        request.setAppFinished(true);
        request.setContainerId(container);
        request.setLogTypes(Set.of(file));
        request.setBytes(-bytes);
        try {
            return Look.at(
                    LogPiece.of(
                            Patience.bounded("HDFS", () -> {
                                ByteArrayOutputStream out = new ByteArrayOutputStream();
                                new LogAggregationFileControllerFactory(hadoop)
                                        .getFileControllerForRead(application, report.getUser())
                                        .readAggregatedLogs(request, out);
                                return out.toByteArray();
                            }),
                            bytes),
                    file);
        } catch (ClientException sentence) {
            throw sentence;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (Exception | LinkageError absent) {
            // A format of logs that needs Hadoop's servers is none that this client can read.
            LOG.info("The logs of {} can't be read from HDFS.", application, absent);
            return Look.failed("the session has ended, and no logs of it are in HDFS yet, or ever will be: the cluster"
                    + " may not collect them (yarn.log-aggregation-enable)");
        }
    }

    /** That a log, or the rest of it, is not to be had, and what else to try. */
    public static ClientException notShown(String applicationId, String container, String why) {
        return new ClientException(
                ExitCode.NOT_SHOWN,
                "The log of " + container + " can't be had: " + why + ". Try: yarn logs -applicationId " + applicationId
                        + " -containerId " + container);
    }
}
