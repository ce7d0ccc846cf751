package io.selvage.client.cli;

import io.selvage.checkpoint.content.Verification;
import io.selvage.client.StateFiles;
import io.selvage.client.exit.ExitCode;
import org.jspecify.annotations.Nullable;

/** Reads all of a checkpoint or savepoint, and names what is damaged. */
final class VerifyCheckpoint implements CheckpointCommand.Verb {
    @Override
    public String word() {
        return "verify";
    }

    @Override
    public String operand() {
        return "PATH";
    }

    @Override
    public String summary() {
        return "whether one is whole: reads all of it, and names every damage";
    }

    @Override
    public ExitCode run(Arguments arguments, @Nullable String operand, Host host, Console console) {
        String path = CheckpointCommand.pathOrThrow(arguments, operand);
        Verification verified;
        try (StateFiles files = host.stateFiles()) {
            verified = files.verify(path, new ReadLine("verified", console));
        }
        console.clearProgress();
        if (arguments.has(Arguments.JSON)) {
            console.result(Json.write(CheckpointTexts.json(path, verified)));
        } else if (verified.problems().isEmpty()) {
            console.result(path + " is whole: " + Words.times(verified.segments(), "segment") + " in "
                    + Words.times(verified.files(), "file") + ", " + Words.bytes(verified.bytes()) + ", "
                    + Words.count(verified.keys())
                    + " keys with state. Whether it fits a program is seen at its start.");
        } else {
            verified.problems().forEach(console::result);
            console.error(
                    path + " is damaged: " + Words.times(verified.problems().size(), "problem") + ", see above."
                            + " Start the job from another one, or restore the files from an HDFS snapshot or backup.");
        }
        return verified.problems().isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
    }
}
