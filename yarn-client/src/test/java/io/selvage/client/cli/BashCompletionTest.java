package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.KnownKeys;
import io.selvage.protocol.security.ApplicationIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BashCompletionTest {
    private static final String SCRIPT = BashCompletion.script(Main.commands());

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private int made;

    @BeforeEach
    void chooseDirectories() {
        environment.put("HOME", directory.toString());
        environment.put("SELVAGE_USER_DIR", directory.toString());
    }

    @Test
    void everyCommandAndOptionIsInIt() {
        for (Map.Entry<String, Command> command : Main.commands().entrySet()) {
            String branch = branchOf(command.getKey());
            for (Option option : Main.optionsOf(command.getValue()).getOptions()) {
                assertThat(wordsOf(branch, "options")).as(command.getKey()).containsAll(BashCompletion.namesOf(option));
            }
            assertThat(wordsOf(branch, "words")).containsAll(command.getValue().words());
        }
        assertThat(SCRIPT)
                .contains(KnownKeys.all().stream().map(key -> key.name() + "=").toList());
    }

    /** What bash does for that word, alone or as one of several. */
    private static String branchOf(String word) {
        Matcher branch = Pattern.compile("(?m)^        (?:[a-z-]+ \\| )*" + word + "(?: \\| [a-z-]+)*\\)$")
                .matcher(SCRIPT);
        assertThat(branch.find()).as(word).isTrue();
        return SCRIPT.substring(branch.start(), SCRIPT.indexOf(";;", branch.start()));
    }

    /** By the table of the guide, which people read: names that only the code has can't tell what is missing. */
    @Test
    void everyCommandOfTheGuideIsCompletedAndInTheOverview() throws Exception {
        List<String> named = new ArrayList<>();
        Matcher names = Pattern.compile("`(?:selvage )?([a-z]+)[^`]*`(?:, also called `([a-z]+)`)?")
                .matcher("");
        for (String line : Files.readAllLines(Path.of("..", "docs", "operations.md"))) {
            if (line.startsWith("| `selvage ")) {
                names.reset(line.substring(0, line.indexOf(" | ")));
                while (names.find()) {
                    named.add(names.group(1));
                    if (names.group(2) != null) {
                        named.add(names.group(2));
                    }
                }
            }
        }
        assertThat(named).as("what is looked for is there").contains("run", "fsck", "sweep", "stop", "completion");
        assertThat(complete("_selvage", "selvage", "")).containsAll(named);
        for (String word : named) {
            assertThat(Main.overview()).containsPattern("[ (]" + word + "[ ,)]");
            assertThat(complete("_selvage", "selvage", word, "--ver")).as(word).containsExactly("--verbose");
        }
    }

    private static List<String> wordsOf(String branch, String variable) {
        int begin = branch.indexOf(" " + variable + "=\"") + variable.length() + 3;
        return List.of(branch.substring(begin, branch.indexOf('"', begin)).split(" ", -1));
    }

    @Test
    void bashCompletesCommandsOptionsSettingsWordsAndSessions() throws Exception {
        assertThat(complete("_selvage", "selvage", "thr")).containsExactly("threads");
        assertThat(complete("_selvage", "selvage", "swe")).containsExactly("sweep");
        assertThat(complete("_selvage", "selvage", "sweep", "--del")).containsExactly("--delete");
        assertThat(complete("_selvage", "selvage", "threads", "--sub")).containsExactly("--subtask");
        assertThat(complete("_selvage", "selvage", "checkpoint", "ver")).containsExactly("verify");
        assertThat(complete("_selvage", "selvage", "config", "-D", "selvage.master.mem"))
                .containsExactly("selvage.master.memory=");
        new SessionFiles(directory)
                .write(new SessionRecord(
                        "application_1_0001",
                        "nightly-1.2",
                        "rm:8032",
                        "hdfs://nn/user/me/.selvage",
                        42,
                        ApplicationIdentity.create(),
                        "me",
                        null));
        assertThat(complete("_selvage", "selvage", "status", "-s", "app")).containsExactly("application_1_0001");
        assertThat(complete("_selvage", "selvage", "status", "-s", "nig")).containsExactly("nightly-1.2");
        assertThat(complete("_selvage_yarn_session", "yarn-session.sh", "--execu"))
                .contains("--executor-memory");
        assertThat(complete("_selvage", "selvage", "unheard-of", "x")).isEmpty();
    }

    @Test
    void sessionsAreThoseOfTheUsersDirectory() throws Exception {
        environment.remove("SELVAGE_USER_DIR");
        assertSessionsIn(directory.resolve(".selvage"));
        assertSessionsIn(directory.resolve(".local/state/selvage"));
        environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
        assertSessionsIn(directory.resolve("state/selvage"));
        environment.put("SELVAGE_USER_DIR", directory.resolve("mine").toString());
        assertSessionsIn(directory.resolve("mine"));
    }

    private void assertSessionsIn(Path user) throws Exception {
        String id = "application_1_" + (++made);
        Files.createFile(Files.createDirectories(user.resolve("sessions")).resolve(id));
        assertThat(complete("_selvage", "selvage", "status", "-s", "app")).containsExactly(id);
    }

    /** The last word is completed. */
    private List<String> complete(String function, String... words) throws IOException, InterruptedException {
        Path script = Files.writeString(directory.resolve("completion.bash"), SCRIPT);
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                "source \"$1\"; shift; function=$1; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
                        + " \"$function\"; printf '%s\\n' \"${COMPREPLY[@]}\"",
                "test",
                script.toString(),
                function));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().remove("XDG_STATE_HOME");
        builder.environment().remove("SELVAGE_USER_DIR");
        builder.environment().putAll(environment);
        Process bash = builder.start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(bash.exitValue()).isZero();
        return out.lines().filter(line -> !line.isEmpty()).toList();
    }
}
