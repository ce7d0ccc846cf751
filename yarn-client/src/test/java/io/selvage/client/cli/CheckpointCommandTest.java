package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.orphan.Orphan;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On savepoints of the corpus, and without a cluster: paths need none. */
class CheckpointCommandTest {
    private static final Path CORPUS = Path.of("..", "hdfs-checkpoint", "src", "test", "resources", "corpus")
            .toAbsolutePath();
    private static final List<String> ENTRIES = List.of("heap-1-1-3", "rocksdb-1-1-1");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private Path savepoints;

    @BeforeEach
    void copyTheCorpus() throws IOException {
        savepoints = Files.createDirectories(directory.resolve("savepoints"));
        for (String entry : ENTRIES) {
            Path copy = Files.createDirectory(savepoints.resolve(entry));
            try (Stream<Path> files = Files.list(CORPUS.resolve(entry))) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        Files.createDirectories(directory.resolve("hadoop"));
        Files.writeString(directory.resolve("hadoop").resolve("core-site.xml"), "<configuration/>");
    }

    private ExitCode run(String... words) {
        out.reset();
        err.reset();
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                List.of(words).contains("--json"),
                false,
                120);
        return Main.run(
                List.of(words),
                Map.of(
                        "SELVAGE_HOME", directory.toString(),
                        "SELVAGE_USER_DIR", directory.resolve("user").toString(),
                        "HADOOP_CONF_DIR", directory.resolve("hadoop").toString()),
                console);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String complained() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsInADirectoryIsListed() {
        assertThat(run("checkpoint", "list", savepoints.toString())).isEqualTo(ExitCode.OK);
        assertThat(said())
                .contains(
                        "KIND", "STANDING", "savepoint", "job-5f0c1b2a9e47", "complete", "heap-1-1-3", "rocksdb-1-1-1");
        assertThat(run("checkpoint", "list", savepoints.toString(), "--json")).isEqualTo(ExitCode.OK);
        assertThat(said()).contains("\"standing\": \"COMPLETE\"", "\"number\": 7", "\"kind\": \"SAVEPOINT\"");
        assertThat(run("checkpoint", "list", directory.resolve("hadoop").toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(said()).contains("There are no checkpoints and no savepoints.");
    }

    @Test
    void whatASavepointHoldsIsShown() {
        for (String entry : ENTRIES) {
            assertThat(run("checkpoint", "show", savepoints.resolve(entry).toString()))
                    .as(complained())
                    .isEqualTo(ExitCode.OK);
            assertThat(said())
                    .contains(
                            "Savepoint 7 of job-5f0c1b2a9e47, taken at 2023-11-14 22:13:20 UTC",
                            "Maximum parallelism 16;",
                            "all of them its own.",
                            "sample, by keys of the type string:",
                            "map<string,i64>",
                            "A key group has");
            assertThat(run("checkpoint", "show", savepoints.resolve(entry).toString(), "--json"))
                    .isEqualTo(ExitCode.OK);
            assertThat(said()).contains("\"uid\": \"sample\"", "\"largest_groups\": [", "\"name\": \"tags\"");
            assertThat(said()).contains(entry.startsWith("heap") ? "\"keys\": 40" : "\"keys\": null");
        }
    }

    @Test
    void whatIsWholeIsVerifiedAndWhatIsNotHasACodeOfItsOwn() throws IOException {
        for (String entry : ENTRIES) {
            String path = savepoints.resolve(entry).toString();
            assertThat(run("checkpoint", "verify", path)).as(complained()).isEqualTo(ExitCode.OK);
            assertThat(said()).contains(path + " is whole: 4 segments in 2 files", "40 keys with state");
            Path data;
            try (Stream<Path> files = Files.list(savepoints.resolve(entry))) {
                data = files.filter(file -> file.toString().endsWith(".data"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.delete(data);
            assertThat(run("checkpoint", "verify", path)).isEqualTo(ExitCode.DAMAGED);
            assertThat(said()).contains(data.getFileName() + " is missing");
            assertThat(complained()).contains("selvage: " + path + " is damaged: 1 problem, see above.");
            assertThat(run("checkpoint", "verify", path, "--json")).isEqualTo(ExitCode.DAMAGED);
            assertThat(said()).contains("\"whole\": false", "is missing");
        }
        assertThat(run("checkpoint", "show", savepoints.resolve("heap-1-1-3").toString()))
                .isEqualTo(ExitCode.DAMAGED);
        assertThat(run("checkpoint", "verify", savepoints.toString())).isEqualTo(ExitCode.DAMAGED);
        assertThat(said()).contains("holds no metadata");
    }

    @Test
    void whatIsNotThereOrNotSaidIsRefused() {
        assertThat(run("checkpoint", "list", directory.resolve("nowhere").toString()))
                .isEqualTo(ExitCode.BAD_INPUT);
        assertThat(complained()).contains("There is no directory", "nowhere");
        assertThat(directory.resolve("nowhere")).as("looking makes nothing").doesNotExist();
        assertThat(run("checkpoint")).isEqualTo(ExitCode.USAGE);
        assertThat(complained()).contains("it needs one of trigger, list, show, verify");
        assertThat(run("checkpoint", "mend", "x")).isEqualTo(ExitCode.USAGE);
        assertThat(complained()).contains("\"mend\" is none of trigger, list, show, verify");
        assertThat(run("checkpoint", "show")).isEqualTo(ExitCode.USAGE);
        assertThat(run("checkpoint", "show", "a", "b")).isEqualTo(ExitCode.USAGE);
        assertThat(run("fsck", "--delete", "/root")).isEqualTo(ExitCode.USAGE);
        assertThat(complained()).contains("asks before it deletes", "--yes");
        assertThat(run("fsck", "-s", "application_1_0001", "/root")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void orphansAreListedWithTheirReasonsAndSummedUp() {
        assertThat(FsckCommand.inWords(List.of())).isEqualTo("There is nothing that is not needed.");
        assertThat(FsckCommand.inWords(List.of(
                        new Orphan(
                                "hdfs://nn/r/a", true, 2048, 1_700_000_000_000L, "its session was stopped or killed"),
                        new Orphan(
                                "hdfs://nn/r/b",
                                false,
                                1024,
                                1_700_000_000_000L,
                                "whoever wrote it has not finished"))))
                .contains("2.0 KiB", "2023-11-14 22:13:20", "hdfs://nn/r/a", "its session was stopped or killed")
                .endsWith("2 orphans, 3.0 KiB.");
    }
}
