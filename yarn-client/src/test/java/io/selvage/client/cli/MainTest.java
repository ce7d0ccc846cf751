package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import acme.Jars;
import acme.Programs;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    Path directory;

    @BeforeEach
    void setUpHost() throws IOException {
        Path home = directory.resolve("home");
        Files.createDirectories(home.resolve("lib"));
        environment.put("SELVAGE_HOME", home.toString());
        environment.put("SELVAGE_USER_DIR", directory.resolve("user").toString());
        environment.put("HADOOP_CONF_DIR", hadoopFolder().toString());
    }

    @Test
    void withoutACommandTheCommandsAreListed() {
        assertThat(run()).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("  run ", "  list ", "  attach ", "  cancel ", "  status ", "  stop ", "yarn-session.sh");
        assertThat(run("--help")).isEqualTo(ExitCode.OK);
    }

    @Test
    void eachCommandExplainsItself() {
        for (String command : Main.commands().keySet()) {
            out.reset();
            assertThat(run(command, "--help")).as(command).isEqualTo(ExitCode.OK);
            assertThat(out.toString(StandardCharsets.UTF_8)).contains("--help");
            if (!command.equals("completion")) {
                assertThat(out.toString(StandardCharsets.UTF_8)).contains("--json");
            }
        }
    }

    @Test
    void anUnknownCommandIsRefusedWithTheKnownOnes() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: There is no command \"walk\". The commands are run, sessions, list, attach, savepoint, checkpoint,"
                        + " fsck, rescale, cancel, status, watch, threads, logs, config, doctor, share, drill, stop, shutdown, completion."
                        + " See: selvage --help",
                "walk");
    }

    @Test
    void anUnknownOptionIsRefusedWithTheNearest() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: there is no option --detach. Did you mean --detached? See: selvage run --help",
                "run",
                "--detach",
                "app.jar");
    }

    @Test
    void anOptionWithoutItsValueIsRefused() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: the option --parallelism needs a value. See: selvage run --help",
                "run",
                "-p");
    }

    @Test
    void anArgumentTooManyIsRefused() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage list: it does not take \"all\". See: selvage list --help",
                "list",
                "all");
        assertRefused(
                ExitCode.USAGE, "selvage: selvage cancel: it needs a job's id. See: selvage cancel --help", "cancel");
    }

    @Test
    void runWithoutAJarIsRefused() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: it needs the jar that holds the program. See: selvage run --help",
                "run",
                "-d");
    }

    @Test
    void droppingStateIsOfNoUseWithoutASavepoint() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: --allow-dropped-state is only of use with --from. See: selvage run --help",
                "run",
                "--allow-dropped-state",
                "app.jar");
    }

    @Test
    void theHelpSaysAllThatMayBeDropped() {
        assertThat(run("run", "--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString(StandardCharsets.UTF_8).replaceAll("\\s+", " "))
                .contains(
                        "operators that it does not have",
                        "steps that are of another kind now",
                        "does not declare any more, be it with keys or broadcast");
    }

    @Test
    void aDryRunIsOfNoUseWithoutASavepoint() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: --dry-run is only of use with --from. See: selvage run --help",
                "run",
                "--dry-run",
                "app.jar");
    }

    @Test
    void claimingIsOfNoUseWithoutASavepoint() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: --claim is only of use with --from. See: selvage run --help",
                "run",
                "--claim",
                "app.jar");
    }

    @Test
    void whatIsForAnApplicationOfItsOwnIsRefusedWithoutOne() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: -qu is for an application that is opened for the job: say --application too, or"
                        + " give it to yarn-session.sh. See: selvage run --help",
                "run",
                "-qu",
                "nightly",
                "app.jar");
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage run: --session names a session, and with --application the job runs in none. See:"
                        + " selvage run --help",
                "run",
                "--application",
                "-s",
                "application_1_0001",
                "app.jar");
    }

    @Test
    void anApplicationOfItsOwnHasTheSettingsOfASession() throws IOException {
        String jar =
                Jars.write(directory.resolve("app.jar"), Programs.Good.class).toString();
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: selvage.executor.slots is \"many\" (from --slots), and must be a whole number from 1 to 256.",
                "run",
                "--application",
                "--slots",
                "many",
                jar);
        assertRefused(
                ExitCode.NO_CLUSTER,
                "selvage: No ResourceManager answers at 127.0.0.1:1. Check that YARN runs, and that HADOOP_CONF_DIR"
                        + " names the right cluster.",
                "run",
                "--application",
                "-Dselvage.executor.memory=2g",
                jar);
    }

    @Test
    void whatIsToBeDoneWithCheckpointsHasToBeSaid() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage checkpoint: it needs one of trigger, list, show, verify. See: selvage checkpoint --help",
                "checkpoint");
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage checkpoint: \"paint\" is none of trigger, list, show, verify. See: selvage checkpoint"
                        + " --help",
                "checkpoint",
                "paint");
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage checkpoint: it does not take \"job-b\". See: selvage checkpoint --help",
                "checkpoint",
                "trigger",
                "job-a",
                "job-b");
    }

    @Test
    void aParallelismIsANumberOrThatOfAStep() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage rescale: it needs a job's id, and a parallelism, or a step's uid with one. See: selvage"
                        + " rescale --help",
                "rescale",
                "job-1a");
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage rescale: \"0\" is no parallelism, and no step's uid with one, such as 4 or windows=4."
                        + " See: selvage rescale --help",
                "rescale",
                "job-1a",
                "windows=2",
                "0");
    }

    @Test
    void aSessionIsNotStoppedWithASavepoint() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage stop: --savepoint and --drain are for a job, and \"application_1_0001\" is none's id."
                        + " See: selvage stop --help",
                "stop",
                "application_1_0001",
                "--savepoint=/sp");
    }

    @Test
    void aJobIsNotShutDown() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage shutdown: \"job-1a\" is a job, which is stopped with selvage stop or selvage cancel."
                        + " See: selvage shutdown --help",
                "shutdown",
                "job-1a");
    }

    @Test
    void settingsAreShownWithoutACluster() {
        environment.put("HADOOP_CONF_DIR", "/nowhere");
        assertThat(run("config", "-Dselvage.executor.slots=3", "--changed")).isEqualTo(ExitCode.OK);
        assertThat(out.toString(StandardCharsets.UTF_8).strip())
                .isEqualTo("SETTING                 VALUE  FROM\nselvage.executor.slots  3      -D");
    }

    @Test
    void theDoctorGoesOnAndSaysThatThereIsAProblem() {
        assertThat(run("doctor", "--json")).isEqualTo(ExitCode.UNFIT);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"fit\": false", "No ResourceManager answers at 127.0.0.1:1", "core-site.xml");
    }

    @Test
    void theShellThatIsKnownIsBash() {
        assertRefused(
                ExitCode.USAGE,
                "selvage: selvage completion: it knows no shell \"fish\", but bash. See: selvage completion --help",
                "completion",
                "fish");
    }

    @Test
    void aMissingJarIsRefusedBeforeTheClusterIsAsked() {
        environment.put("HADOOP_CONF_DIR", "/nowhere");
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: There is no file absent.jar. Name the jar that holds the program.",
                "run",
                "absent.jar");
    }

    @Test
    void aSettingOfTheSessionIsRefusedByRun() throws IOException {
        String jar =
                Jars.write(directory.resolve("app.jar"), Programs.Good.class).toString();
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: selvage.executor.memory (from -D) belongs to the session. Set it when you open the session:"
                        + " scripts/yarn-session.sh -D selvage.executor.memory=VALUE",
                "run",
                "-Dselvage.executor.memory=2g",
                jar);
    }

    @Test
    void stateOnTheDiskWithoutMemoryForItIsRefusedBeforeTheClusterIsAsked() throws IOException {
        environment.put("HADOOP_CONF_DIR", "/nowhere");
        String jar =
                Jars.write(directory.resolve("app.jar"), Programs.Good.class).toString();
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: selvage.state.backend is rocksdb, and selvage.executor.rocksdb-share is 0: executors keep no"
                        + " memory for RocksDB, and YARN could end them for what it takes. Use the backend heap, or"
                        + " open the session, or the application, with another selvage.executor.rocksdb-share (the"
                        + " default is 0.25).",
                "run",
                "--application",
                "-Dselvage.state.backend=rocksdb",
                "-Dselvage.executor.rocksdb-share=0",
                jar);
    }

    @Test
    void anUnknownSettingIsRefused() {
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: There is no setting \"selvage.executor.memori\" (from -D). Did you mean"
                        + " selvage.executor.memory?",
                "yarn-session",
                "-d",
                "-D",
                "selvage.executor.memori=2g");
    }

    @Test
    void aBrokenSettingsFileIsRefused() throws IOException {
        Path conf = Files.createDirectories(directory.resolve("home").resolve("conf"));
        Path file = Files.writeString(conf.resolve("selvage.yaml"), "selvage.executor.slots: many\n");
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: selvage.executor.slots is \"many\" (in " + file + ", line 1), and must be a whole number"
                        + " from 1 to 256.",
                "yarn-session");
    }

    @Test
    void aBareNumberOfMemoryIsMebibytesAsElsewhere() {
        assertRefused(
                ExitCode.BAD_INPUT,
                "selvage: selvage.executor.memory is \"12m\" (from -tm), and must be a whole number with a unit of k, m"
                        + " or g, such as 512m or 1g, from 256m to 1024g.",
                "yarn-session",
                "-tm",
                "12");
    }

    @Test
    void aClusterThatDoesNotAnswerIsNamed() {
        assertRefused(
                ExitCode.NO_CLUSTER,
                "selvage: No ResourceManager answers at 127.0.0.1:1. Check that YARN runs, and that HADOOP_CONF_DIR"
                        + " names the right cluster.",
                "yarn-session",
                "-d");
    }

    @Test
    void aClusterIsAskedForItsResourcesOrASessionAttachedTo() {
        String nobody = "selvage: No ResourceManager answers at 127.0.0.1:1. Check that YARN runs, and that"
                + " HADOOP_CONF_DIR names the right cluster.";
        assertRefused(ExitCode.NO_CLUSTER, nobody, "yarn-session", "--query");
        assertRefused(ExitCode.NO_CLUSTER, nobody, "yarn-session", "-id", "application_1_0001");
    }

    @Test
    void aHadoopFolderThatIsMissingIsNamed() {
        environment.put("HADOOP_CONF_DIR", "/nowhere");
        assertRefused(
                ExitCode.NO_CLUSTER,
                "selvage: There is no folder /nowhere. Set HADOOP_CONF_DIR to the Hadoop configuration of the cluster.",
                "list");
    }

    @Test
    void verboseShowsTheStackToo() {
        assertThat(run("run", "--verbose", "absent.jar")).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("There is no file absent.jar", "\tat io.selvage.");
    }

    private void assertRefused(ExitCode exitCode, String sentence, String... words) {
        err.reset();
        assertThat(run(words)).isEqualTo(exitCode);
        assertThat(err.toString(StandardCharsets.UTF_8).strip()).isEqualTo(sentence);
    }

    private ExitCode run(String... words) {
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                120);
        return Main.run(List.of(words), environment, console);
    }

    private Path hadoopFolder() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("hadoop"));
        Files.writeString(
                folder.resolve("yarn-site.xml"),
                "<configuration><property><name>yarn.resourcemanager.address</name><value>127.0.0.1:1</value>"
                        + "</property></configuration>");
        return folder;
    }
}
