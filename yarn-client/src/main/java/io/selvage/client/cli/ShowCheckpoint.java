package io.selvage.client.cli;

import io.selvage.checkpoint.content.CheckpointContents;
import io.selvage.client.StateFiles;
import io.selvage.client.exit.ExitCode;
import org.jspecify.annotations.Nullable;

/** Tells what a checkpoint or savepoint holds. */
final class ShowCheckpoint implements CheckpointCommand.Verb {
    @Override
    public String word() {
        return "show";
    }

    @Override
    public String operand() {
        return "PATH";
    }

    @Override
    public String summary() {
        return "what one holds: operators, states with their types, sizes, key groups";
    }

    @Override
    public ExitCode run(Arguments arguments, @Nullable String operand, Host host, Console console) {
        String path = CheckpointCommand.pathOrThrow(arguments, operand);
        try (StateFiles files = host.stateFiles()) {
            CheckpointContents contents = files.show(path, new ReadLine("read", console));
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(CheckpointTexts.json(contents))
                            : CheckpointTexts.inWords(contents));
            return ExitCode.OK;
        }
    }
}
