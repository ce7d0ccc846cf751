package io.selvage.client.cli;

import io.selvage.client.exit.ExitCode;
import java.util.List;
import org.apache.commons.cli.Options;

/** Prints what makes a shell complete commands and options. */
final class CompletionCommand implements Command {
    private static final String BASH = "bash";

    @Override
    public String name() {
        return "selvage completion";
    }

    @Override
    public String synopsis() {
        return BASH;
    }

    @Override
    public String summary() {
        return "print what makes bash complete commands, options, settings and sessions";
    }

    @Override
    public String details() {
        return "For this shell: source <(selvage completion bash). For all: write it to a file in\n"
                + "~/.local/share/bash-completion/completions, by the name selvage.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public List<String> words() {
        return List.of(BASH);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String shell = arguments.only("the shell, bash");
        if (!shell.equals(BASH)) {
            throw arguments.usage("it knows no shell \"" + shell + "\", but bash.");
        }
        console.result(BashCompletion.script(Main.commands()));
        return ExitCode.OK;
    }
}
