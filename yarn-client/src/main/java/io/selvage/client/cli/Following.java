package io.selvage.client.cli;

import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import java.util.List;

/** Stays with a job until it ends; what run and attach share. */
final class Following {
    private Following() {}

    static ExitCode untilEnd(Session session, String jobId, Arguments arguments, Console console) {
        JobDescription end;
        try (Interruption interruption =
                new Interruption(byExit -> console.say(RunCommand.leftRunning(List.of(jobId))))) {
            end = session.awaitEnd(jobId, new JobLine(console, System::nanoTime));
        }
        console.clearProgress();
        if (arguments.has(Arguments.JSON)) {
            console.result(Json.write(Reports.job(end)));
        } else {
            console.result(JobEnd.inWords(end, arguments.has(Arguments.VERBOSE)));
        }
        return JobEnd.exitCode(end);
    }
}
