package io.selvage.client.cli;

import io.selvage.checkpoint.content.CheckpointFinder;
import io.selvage.checkpoint.content.FoundCheckpoint;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.StateFiles;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lists what a session, a job or a directory has. */
final class ListCheckpoints implements CheckpointCommand.Verb {
    private static final String JOB_PREFIX = "job-";

    @Override
    public String word() {
        return "list";
    }

    @Override
    public String operand() {
        return "[JOB_ID|PATH]";
    }

    @Override
    public String summary() {
        return "what a session, a job of it, or a directory has";
    }

    @Override
    public ExitCode run(Arguments arguments, @Nullable String operand, Host host, Console console) {
        List<FoundCheckpoint> found;
        try (StateFiles files = host.stateFiles()) {
            found = operand == null || operand.startsWith(JOB_PREFIX)
                    ? ofSession(arguments, operand, files, host, console)
                    : files.list(operand);
        }
        if (arguments.has(Arguments.JSON)) {
            console.result(Json.write(found.stream().map(CheckpointTexts::json).toList()));
        } else if (found.isEmpty()) {
            console.result("There are no checkpoints and no savepoints.");
        } else {
            console.result(CheckpointTexts.table(found));
            found.stream()
                    .map(FoundCheckpoint::problem)
                    .filter(each -> !each.isEmpty())
                    .forEach(console::say);
        }
        return ExitCode.OK;
    }

    /** The checkpoints of its jobs, and the savepoints that these have where savepoints are made by default. */
    private static List<FoundCheckpoint> ofSession(
            Arguments arguments, @Nullable String job, StateFiles files, Host host, Console console) {
        String stateRoot;
        String application;
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), job)) {
            stateRoot = session.stateRoot();
            application = stateRoot + "/" + session.applicationId();
            if (job != null) {
                session.job(job); // Or it says that there is none.
            }
        }
        List<FoundCheckpoint> found = new ArrayList<>(files.list(application));
        Set<String> jobs = found.stream().map(ListCheckpoints::jobOf).collect(Collectors.toSet());
        if (job != null) {
            found.removeIf(each -> !each.path().contains("/" + job + "/"));
            jobs = Set.of(job);
        }
        for (FoundCheckpoint each : savepoints(stateRoot, files)) {
            if (jobs.contains(jobOf(each)) && !jobOf(each).isEmpty()) {
                found.add(each);
            }
        }
        found.sort(CheckpointFinder.NEWEST_FIRST);
        return found;
    }

    private static List<FoundCheckpoint> savepoints(String stateRoot, StateFiles files) {
        try {
            return files.list(stateRoot + "/" + SavepointLayout.DEFAULT_DIRECTORY);
        } catch (ClientException none) {
            if (none.exitCode() == ExitCode.BAD_INPUT) {
                return List.of(); // The directory is made with the first one.
            }
            throw none;
        }
    }

    private static String jobOf(FoundCheckpoint found) {
        CheckpointMetadata metadata = found.metadata();
        return metadata == null ? "" : metadata.getJobId();
    }
}
