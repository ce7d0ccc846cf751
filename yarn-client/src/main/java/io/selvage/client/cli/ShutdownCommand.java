package io.selvage.client.cli;

import io.selvage.client.exit.ExitCode;
import org.apache.commons.cli.Options;

/** Stops a session, and never a job: what stop does with a session, by a name that can't be mistaken. */
final class ShutdownCommand implements Command {
    @Override
    public String name() {
        return "selvage shutdown";
    }

    @Override
    public String synopsis() {
        return "[options] [SESSION]";
    }

    @Override
    public String summary() {
        return "stop a session with all its jobs";
    }

    @Override
    public String details() {
        return "Without an id, your newest session that runs. Its files in HDFS are deleted, but for cached libraries,\n"
                + "savepoints, and checkpoints that were to outlive their jobs. To stop a job: selvage stop JOB_ID.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String named = arguments.sessionId();
        if (named != null && named.startsWith(StopCommand.JOB_PREFIX)) {
            throw arguments.usage("\"" + named + "\" is a job, which is stopped with selvage stop or selvage cancel.");
        }
        return StopCommand.stopSession(arguments, host, console);
    }
}
