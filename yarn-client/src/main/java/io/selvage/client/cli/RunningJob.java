package io.selvage.client.cli;

import io.selvage.client.Session;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which job a command is about that may leave that out; pure but for the question. */
final class RunningJob {
    private RunningJob() {}

    /** @param named null: the only one that has not ended */
    static String of(Session session, @Nullable String named) {
        return named == null
                ? only(session.jobs(), session.applicationId())
                : session.job(named).getJobId();
    }

    static String only(List<JobDescription> jobs, String session) {
        List<String> live = jobs.stream()
                .filter(job -> !Session.isEnd(job.getPhase()))
                .map(JobDescription::getJobId)
                .toList();
        if (live.isEmpty()) {
            throw new ClientException(ExitCode.NO_SESSION, "The session " + session + " has no job that runs.");
        }
        if (live.size() > 1) {
            throw new ClientException(
                    ExitCode.USAGE,
                    "The session " + session + " has " + live.size() + " jobs that run: name one of "
                            + String.join(", ", live) + ".");
        }
        return live.get(0);
    }
}
