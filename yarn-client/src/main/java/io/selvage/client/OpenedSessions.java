package io.selvage.client;

import io.selvage.checkpoint.orphan.ApplicationWord;
import io.selvage.client.connect.Diagnostics;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions that this user has opened, applications for one job among them: which of them run, and what becomes of
 * what the others have left. Owned by one thread; blocks on YARN and HDFS.
 *
 * <p><b>Nothing is deleted without YARN's word that a session was stopped or killed.</b> One that YARN does not know
 * may be another cluster's, or its ResourceManager was restarted and remembers nothing: then all that its jobs can go
 * on from stays in HDFS, as it does after a failure, and so does its file, the only copy of its key, as long as
 * anything of it is there.
 */
final class OpenedSessions {
    private static final Logger LOG = LoggerFactory.getLogger(OpenedSessions.class);

    private final SessionFiles files;
    private final String cluster;
    private final String user;
    private final Function<ApplicationId, ApplicationReport> yarn;
    private final Function<String, Hdfs> stateRoots;

    /**
     * @param cluster where the ResourceManagers at hand are
     * @param user as whom this client comes to it
     * @param yarn reports on an application, or throws with {@code NO_SESSION} if it does not know it
     * @param stateRoots connects to the one of that name
     */
    OpenedSessions(
            SessionFiles files,
            String cluster,
            String user,
            Function<ApplicationId, ApplicationReport> yarn,
            Function<String, Hdfs> stateRoots) {
        this.files = files;
        this.cluster = cluster;
        this.user = user;
        this.yarn = yarn;
        this.stateRoots = stateRoots;
    }

    /**
     * The session of that id or name, which has not ended.
     *
     * @throws ClientException if this user has none of that id, or it is another cluster's, or has ended; if it was
     *     stopped or killed, what it has left is deleted. With {@code USAGE} if several that have not ended are called
     *     so
     */
    SessionRecord living(String idOrName) {
        return SessionRecord.isId(idOrName) ? livingById(idOrName) : livingByName(idOrName);
    }

    private SessionRecord livingByName(String name) {
        List<SessionRecord> living = mine().filter(record -> record.name().equals(name))
                .filter(record -> standingOf(record).word() == ApplicationWord.LIVING)
                .toList();
        if (living.isEmpty()) {
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "No session of yours that runs on this cluster is called \"" + name
                            + "\", and it is no application id. See yours with: scripts/selvage sessions");
        }
        if (living.size() > 1) {
            throw new ClientException(
                    ExitCode.USAGE,
                    living.size() + " sessions of yours that run on this cluster are called \"" + name
                            + "\": name one by its id: "
                            + living.stream().map(SessionRecord::applicationId).collect(Collectors.joining(", "))
                            + ".");
        }
        return living.get(0);
    }

    private SessionRecord livingById(String applicationId) {
        SessionRecord record = files.read(applicationId)
                .orElseThrow(() -> new ClientException(
                        ExitCode.NO_SESSION,
                        "There is no session " + applicationId + " of yours: " + files.pathOf(applicationId)
                                + " does not exist. Only the user and host that opened a session can use it."));
        requireHere(record);
        Standing standing = standingOf(record);
        if (standing.word() == ApplicationWord.LIVING) {
            return record;
        }
        String left = settle(record, standing).map(sentence -> " " + sentence).orElse("");
        throw new ClientException(
                ExitCode.NO_SESSION,
                (standing.word() == ApplicationWord.UNKNOWN
                                ? standing.inWords()
                                : "The session " + applicationId + " has ended: " + standing.inWords())
                        + left + " Open another one with scripts/yarn-session.sh.");
    }

    private void requireHere(SessionRecord record) {
        if (!record.isOn(cluster)) {
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "The session " + record.applicationId() + " is on the cluster of the ResourceManager at "
                            + record.cluster() + ", and HADOOP_CONF_DIR is the configuration of the one at " + cluster
                            + ". Set HADOOP_CONF_DIR to the configuration that the session was opened with. If both are"
                            + " one cluster, which was renamed, write cluster=" + cluster
                            + " into " + files.pathOf(record.applicationId()) + ".");
        }
    }

    /**
     * The newest that runs on this cluster for this user; what those newer ones have left that were stopped is deleted.
     */
    Optional<SessionRecord> newest(Predicate<SessionRecord> wanted) {
        for (SessionRecord record : mine().filter(wanted).toList()) {
            Standing standing = standingOf(record);
            if (standing.word() == ApplicationWord.LIVING) {
                return Optional.of(record);
            }
            if (standing.mayBeDeleted()) {
                settle(record, standing);
            }
        }
        return Optional.empty();
    }

    /**
     * All of this user's on this cluster that run, or of which anything is left, newest first; what those have left
     * that were stopped or killed is deleted.
     */
    List<SessionSummary> all() {
        List<SessionSummary> all = new ArrayList<>();
        for (SessionRecord record : mine().toList()) {
            Optional<ApplicationReport> report = report(record.applicationId());
            Standing standing = standingOf(record, report);
            if (settle(record, standing).isPresent()) {
                all.add(summary(record, report));
            }
        }
        return all;
    }

    private static SessionSummary summary(SessionRecord record, Optional<ApplicationReport> report) {
        return new SessionSummary(
                record.applicationId(),
                record.name(),
                record.onlyJob(),
                record.openedMillis(),
                report.map(SessionState::of).orElse(null),
                report.map(ApplicationReport::getTrackingUrl).orElse(null));
    }

    /** Newest first. */
    private Stream<SessionRecord> mine() {
        return files.applicationIds().stream()
                .flatMap(id -> readable(id).stream())
                .filter(this::isMine);
    }

    private boolean isMine(SessionRecord record) {
        return record.isOn(cluster) && (record.user() == null || record.user().equals(user));
    }

    /** A file that can't be used, or that is of another version, is no reason not to find the session that runs. */
    private Optional<SessionRecord> readable(String id) {
        try {
            return files.read(id);
        } catch (ClientException damaged) {
            LOG.warn("The session {} is passed over.", id, damaged);
            return Optional.empty();
        }
    }

    /**
     * After a session's end: deletes what nobody needs of it.
     *
     * @return a sentence on what is left, if anything is
     */
    Optional<String> settle(SessionRecord record) {
        try {
            return settle(record, standingOf(record));
        } catch (ClientException unanswered) { // The end itself is known.
            return left(record, unanswered);
        }
    }

    private static Optional<String> left(SessionRecord record, ClientException unanswered) {
        LOG.warn("What is left of {} is not known.", record.applicationId(), unanswered);
        return Optional.of(
                "What it has in HDFS is left in " + record.applicationDirectory() + ": " + unanswered.getMessage());
    }

    private Optional<String> settle(SessionRecord record, Standing standing) {
        if (standing.word() == ApplicationWord.LIVING) {
            return Optional.of("It " + standing.inWords());
        }
        try {
            Hdfs hdfs = stateRoots.apply(record.stateRoot());
            if (standing.mayBeDeleted()) {
                hdfs.deleteApplication(record.applicationId());
            } else if (hdfs.exists(record.applicationDirectory())) {
                return Optional.of("What its jobs can go on from (selvage run --from) is left in "
                        + record.applicationDirectory() + "; delete that when they need not.");
            }
        } catch (ClientException unanswered) {
            return left(record, unanswered);
        }
        files.delete(record.applicationId());
        return Optional.empty();
    }

    /** What YARN says of an application, for a search that judges what it has left. */
    ApplicationWord wordOn(String applicationId) {
        boolean isElsewhere =
                readable(applicationId).filter(record -> !record.isOn(cluster)).isPresent();
        if (isElsewhere) {
            return ApplicationWord.LIVING; // As long as the cluster that can know has not said otherwise.
        }
        return report(applicationId).map(OpenedSessions::wordOf).orElse(ApplicationWord.UNKNOWN);
    }

    private static ApplicationWord wordOf(ApplicationReport report) {
        return switch (SessionState.of(report)) {
            case WAITING, RUNNING -> ApplicationWord.LIVING;
            case STOPPED, KILLED -> ApplicationWord.ENDED;
            case FAILED -> ApplicationWord.FAILED;
        };
    }

    private Optional<ApplicationReport> report(String applicationId) {
        try {
            return Optional.of(yarn.apply(ApplicationId.fromString(applicationId)));
        } catch (ClientException unknown) {
            if (unknown.exitCode() == ExitCode.NO_SESSION) {
                return Optional.empty();
            }
            throw unknown;
        }
    }

    /**
     * How YARN says that a session stands.
     *
     * @param mayBeDeleted it was stopped or killed; or it was for a job and has ended with that, and has marked what is
     *     to be kept
     */
    private record Standing(ApplicationWord word, boolean mayBeDeleted, String inWords) {}

    private Standing standingOf(SessionRecord record) {
        return standingOf(record, report(record.applicationId()));
    }

    private Standing standingOf(SessionRecord record, Optional<ApplicationReport> known) {
        return known.map(report -> standing(record, report))
                .orElseGet(() -> new Standing(
                        ApplicationWord.UNKNOWN,
                        false,
                        "The ResourceManager at " + cluster + " does not know the session " + record.applicationId()
                                + ": it was restarted without a memory (yarn.resourcemanager.recovery.enabled), or has"
                                + " forgotten a session that has ended long ago."));
    }

    private static Standing standing(SessionRecord record, ApplicationReport report) {
        ApplicationWord word = wordOf(report);
        boolean hasEndedWithItsJob =
                !record.takesJobs() && report.getYarnApplicationState() == YarnApplicationState.FINISHED;
        return word == ApplicationWord.LIVING
                ? new Standing(word, false, SessionState.of(report).inWords() + ".")
                : new Standing(word, word == ApplicationWord.ENDED || hasEndedWithItsJob, Diagnostics.ofEnd(report));
    }
}
