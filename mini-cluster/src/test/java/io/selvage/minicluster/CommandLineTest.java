package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {

    private static final Path DEFAULT = Path.of("/somewhere/.selvage/mini-cluster");

    @Test
    void startsTheDefaultClusterWithoutOptions() throws Exception {
        CommandLine line = parse("start");

        assertThat(line.command()).isEqualTo(CommandLine.Command.START);
        assertThat(line.settings()).isEqualTo(MiniClusterSettings.in(DEFAULT));
    }

    @Test
    void takesEveryOptionOfStart() throws Exception {
        CommandLine line = parse(
                "start",
                "--dir",
                "/c",
                "--node-managers",
                "3",
                "--memory",
                "4096",
                "--vcores",
                "2",
                "-D",
                "a=b=c",
                "-Dd=");

        assertThat(line.settings().baseFolder()).isEqualTo(Path.of("/c"));
        assertThat(line.settings().nodeManagerCount()).isEqualTo(3);
        assertThat(line.settings().nodeMemoryMib()).isEqualTo(4096);
        assertThat(line.settings().nodeVcores()).isEqualTo(2);
        assertThat(line.settings().hadoopOverrides())
                .containsEntry("a", "b=c")
                .containsEntry("d", "")
                .hasSize(2);
    }

    @Test
    void givesJsonOnlyWhenAsked() throws Exception {
        assertThat(parse("status").json()).isFalse();
        assertThat(parse("status", "--json").json()).isTrue();
    }

    @Test
    void helpsWhereverTheQuestionStands() throws Exception {
        assertThat(parse("start", "--frob", "--help").command()).isEqualTo(CommandLine.Command.HELP);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            frob                     | 'frob' is not a command: give one of start, stop, status.
            start --frob             | '--frob' is not an option of start: it takes --dir, --memory, --node-managers, --vcores, -D.
            stop --json              | '--json' is not an option of stop: it takes --dir.
            start --dir              | The option --dir needs a value after it.
            start --memory 8g        | '8g' is not a whole number: --memory needs one.
            start --node-managers 0  | --node-managers 0: The number of NodeManagers is 0: choose one from 1 to 16.
            start -D key             | 'key' is not a setting: write -D key=value.
            """)
    void refusesWithTheRemedy(String words, String message) {
        assertThatThrownBy(() -> parse(words.split(" ")))
                .isInstanceOf(CommandLine.Wrong.class)
                .hasMessage(message);
    }

    @Test
    void refusesAnEmptyCommandLine() {
        assertThatThrownBy(CommandLineTest::parse).hasMessageContaining("give one of start, stop, status");
    }

    private static CommandLine parse(String... words) throws CommandLine.Wrong {
        return CommandLine.parse(List.of(words), DEFAULT);
    }
}
