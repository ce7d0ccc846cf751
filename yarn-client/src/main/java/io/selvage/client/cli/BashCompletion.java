package io.selvage.client.cli;

import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.KnownKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** What makes bash complete, from the table of commands; pure. */
final class BashCompletion {
    /** What is no option, and no word that is known beforehand, may be a file. */
    private static final String FRAME = """
            # Completion for bash of selvage and yarn-session.sh; made by "selvage completion bash".
            _selvage_complete() {
                local command="$1" word="$2" previous="$3" options="" valued="" words=""
                case "$command" in
            %s
                    *) return ;;
                esac
                case "$previous" in
                    -s | --session)
                        if [[ "$command" != yarn-session ]]; then
                            local state="${XDG_STATE_HOME:-}"
                            [[ "$state" == /* ]] || state="$HOME/.local/state"
                            local user="${SELVAGE_USER_DIR:-$state/selvage}"
                            [[ -n "${SELVAGE_USER_DIR:-}" || -d "$user" ]] || user="$HOME/.selvage"
                            local sessions="$user/sessions"
                            local names="$(sed -n 's/^name=\\([A-Za-z0-9._-]*\\)$/\\1/p' "$sessions"/* 2>/dev/null)"
                            COMPREPLY=($(compgen -W "$(ls "$sessions" 2>/dev/null) $names" -- "$word"))
                            return
                        fi
                        ;;
                    -D)
                        COMPREPLY=($(compgen -W "%s" -- "$word"))
                        compopt -o nospace 2>/dev/null
                        return
                        ;;
                esac
                if [[ " $valued " == *" $previous "* ]]; then
                    COMPREPLY=($(compgen -f -- "$word"))
                elif [[ "$word" == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$word"))
                else
                    COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
                fi
            }

            _selvage() {
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W "%s" -- "${COMP_WORDS[1]}"))
                    return
                fi
                _selvage_complete "${COMP_WORDS[1]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            }

            _selvage_yarn_session() {
                COMPREPLY=()
                _selvage_complete yarn-session "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            }

            complete -F _selvage selvage
            complete -F _selvage_yarn_session yarn-session.sh""";

    private BashCompletion() {}

    /** @param commands by their own words */
    static String script(Map<String, Command> commands) {
        String cases = commands.entrySet().stream()
                .map(entry -> caseOf(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("\n"));
        String settings = KnownKeys.all().stream()
                .map(ConfigKey::name)
                .map(name -> name + "=")
                .collect(Collectors.joining(" "));
        String words = commands.keySet().stream()
                .filter(word -> !word.equals("yarn-session"))
                .flatMap(BashCompletion::calledBy)
                .collect(Collectors.joining(" "));
        return FRAME.formatted(cases, settings, words);
    }

    private static String caseOf(String word, Command command) {
        List<String> options = new ArrayList<>();
        List<String> valued = new ArrayList<>();
        for (Option option : Main.optionsOf(command).getOptions()) {
            List<String> names = namesOf(option);
            options.addAll(names);
            if (option.hasArg() && !option.hasOptionalArg()) {
                valued.addAll(names);
            }
        }
        return """
                        %s)
                            options="%s"
                            valued="%s"
                            words="%s"
                            ;;""".formatted(
                        calledBy(word).collect(Collectors.joining(" | ")),
                        String.join(" ", options),
                        String.join(" ", valued),
                        String.join(" ", command.words()))
                .indent(8)
                .stripTrailing();
    }

    private static Stream<String> calledBy(String word) {
        return Stream.concat(Stream.of(word), Main.aliasesOf(word).stream());
    }

    /** As typed: {@code -s}, {@code --session}. */
    static List<String> namesOf(Option option) {
        List<String> names = new ArrayList<>();
        if (option.getOpt() != null) {
            names.add("-" + option.getOpt());
        }
        if (option.getLongOpt() != null) {
            names.add("--" + option.getLongOpt());
        }
        return names;
    }
}
