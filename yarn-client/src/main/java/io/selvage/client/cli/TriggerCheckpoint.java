package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.CheckpointDescription;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A checkpoint of a job, at once. */
final class TriggerCheckpoint implements CheckpointCommand.Verb {
    @Override
    public String word() {
        return "trigger";
    }

    @Override
    public String operand() {
        return "[JOB_ID]";
    }

    @Override
    public String summary() {
        return "take a checkpoint at once, and wait until it is complete";
    }

    @Override
    public ExitCode run(Arguments arguments, @Nullable String jobId, Host host, Console console) {
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), jobId)) {
            return take(RunningJob.of(session, jobId), session, arguments, console);
        }
    }

    private static ExitCode take(String jobId, Session session, Arguments arguments, Console console) {
        if (console.isLive()) {
            console.progress("taking a checkpoint of " + jobId);
        }
        CheckpointDescription taken = session.checkpoint(jobId);
        console.clearProgress();
        console.result(arguments.has(Arguments.JSON) ? Json.write(inJson(jobId, taken)) : inWords(taken));
        return ExitCode.OK;
    }

    static String inWords(CheckpointDescription taken) {
        return "Checkpoint " + taken.getCheckpoint() + " is complete after "
                + Words.duration(TimeUnit.MICROSECONDS.toMillis(taken.getDurationMicros())) + ": "
                + Words.bytes(taken.getBytes()) + " added, " + Words.bytes(taken.getStateBytes()) + " in all. "
                + taken.getSlowest();
    }

    static Map<String, Object> inJson(String jobId, CheckpointDescription taken) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("job_id", jobId);
        json.putAll(Reports.checkpoint(taken));
        return json;
    }
}
