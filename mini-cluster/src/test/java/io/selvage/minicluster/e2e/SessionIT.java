package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import acme.BrokenProgram;
import acme.ExitingProgram;
import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.oracle.FlightDelaysOracle;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One session for all tests, opened and used through the scripts as a user would. */
@ExtendWith(MiniClusterExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SessionIT {
    private static final Path DATA = Path.of("..", "examples", "data");
    private static final Path EXAMPLES = Path.of("..", "examples", "target", "selvage-examples.jar");
    private static final String FLIGHT_DELAYS = "io.selvage.examples.FlightDelays";
    private static final String HDFS = "/session-it";
    /** Other tests leave what outlives a session in the user's own. */
    private static final String STATE_ROOT = "selvage.state.root=/session-it-state";
    /** Of a job that fails: a checkpoint would stay. */
    private static final String NO_CHECKPOINT = "selvage.checkpoint.interval=10min";

    private static final int OTHERS = 0077;
    /** Longer files are libraries and archives of classes. */
    private static final long LARGE_BYTES = 16 << 20;

    private static final long MOST_RUNTIME_BYTES = 70_000_000;

    private MiniCluster cluster;
    private Commands commands;
    private FileSystem hdfs;
    private String session;
    private String stateRoot;
    private long runtimeBytes;

    @TempDir
    static Path directory;

    @BeforeAll
    void openASession(MiniCluster shared) throws Exception {
        cluster = shared;
        commands = new Commands(cluster.configurationFolder(), Files.createDirectory(directory.resolve("user")));
        hdfs = FileSystem.newInstance(cluster.hadoopConfiguration());
        for (String file : List.of("flights.csv", "airports.csv")) {
            hdfs.copyFromLocalFile(
                    new org.apache.hadoop.fs.Path(DATA.resolve(file).toUri()),
                    new org.apache.hadoop.fs.Path(HDFS, file));
        }
        Commands.Outcome opened = commands.run(
                "yarn-session.sh",
                "-d",
                "--json",
                "-jm",
                "512",
                "-tm",
                "1024",
                "-D",
                STATE_ROOT,
                "-D",
                "selvage.network.bind-host=127.0.0.1",
                "-D",
                "selvage.application.max-attempts=20");
        assertThat(opened.exitCode()).as(opened.err()).isZero();
        session = opened.json().get("application_id").asText();
        assertThat(opened.json().get("max_attempts").asInt())
                .as("no more than the cluster's own maximum")
                .isEqualTo(10);
        stateRoot = opened.json().get("state_root").asText();
        runtimeBytes = hdfs.getContentSummary(new org.apache.hadoop.fs.Path(stateRoot, "libraries"))
                .getLength();
    }

    @AfterAll
    void stoppingTheSessionLeavesOnlyCachedLibraries() throws Exception {
        try {
            assertThat(commands.run("selvage", "status").exitCode()).isZero();
            Commands.Outcome stopped = commands.run("selvage", "stop", session);
            assertThat(stopped.exitCode()).as(stopped.err()).isZero();
            assertThat(names(stateRoot)).containsExactly("libraries");
            assertThat(sessionFiles()).isEmpty();
            assertThat(commands.run("selvage", "list").exitCode()).isEqualTo(9);
        } finally {
            hdfs.close();
        }
    }

    @Test
    void theRuntimeInHdfsIsNoLargerThanItsAim() {
        assertThat(runtimeBytes)
                .as("all that a first session uploads (docs/benchmarks.md): leave something out (decision 0047)")
                .isBetween(1L, MOST_RUNTIME_BYTES);
    }

    @Test
    void sessionsAreListedAndFoundByTheirNames() throws Exception {
        Commands.Outcome sessions = commands.run("selvage", "sessions", "--json");
        assertThat(sessions.exitCode()).as(sessions.text()).isZero();
        JsonNode only = sessions.json().get(0);
        assertThat(sessions.json()).hasSize(1);
        assertThat(only.get("application_id").asText()).isEqualTo(session);
        assertThat(only.get("state").asText()).isEqualTo("RUNNING");
        assertThat(only.get("tracking_url").asText()).contains(session);
        Commands.Outcome byName =
                commands.run("selvage", "status", "--json", only.get("name").asText());
        assertThat(byName.exitCode()).as(byName.text()).isZero();
        assertThat(byName.json().get("application_id").asText()).isEqualTo(session);
        Commands.Outcome log =
                commands.run("selvage", "logs", "-s", only.get("name").asText(), "--tail", "1");
        assertThat(log.exitCode()).as(log.text()).isZero();
        Commands.Outcome nobody = commands.run("selvage", "list", "-s", "nobody's");
        assertThat(nobody.exitCode()).isEqualTo(9);
        assertThat(nobody.err()).contains("is called \"nobody's\"", "scripts/selvage sessions");
    }

    @Test
    void theFirstCommandLeavesAnArchiveOfClassesForLaterOnes() throws Exception {
        Path installed = Files.createDirectory(directory.resolve("installed"));
        Path script = Path.of("scripts", "selvage");
        Files.createDirectory(installed.resolve("scripts"));
        Files.copy(Commands.CHECKOUT.resolve(script), installed.resolve(script), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createSymbolicLink(installed.resolve("conf"), Commands.CHECKOUT.resolve("conf"));
        Files.createSymbolicLink(
                installed.resolve("lib"),
                Commands.CHECKOUT.resolve(Path.of("yarn-client", "target", "selvage", "lib")));
        Path user = directory.resolve("user");
        Commands first = new Commands(installed, cluster.configurationFolder(), user, "");

        assertThat(first.run("selvage", "list", "--help").exitCode()).isZero();
        assertThat(Commands.await("a question for help is forgotten", () -> filesBelow(installed), List::isEmpty))
                .isEmpty();
        assertThat(first.run("selvage", "list").exitCode()).isZero();
        Commands.await(
                "the archive is made",
                () -> filesBelow(installed),
                files -> files.equals(List.of("classes.facts", "classes.jsa", "list.archived")));
        assertThat(first.run("selvage", flightDelays("archived", List.of("-s", session), List.of()))
                        .exitCode())
                .isZero();
        Commands.await(
                "the archive is made anew of both",
                () -> filesBelow(installed),
                files -> files.equals(List.of("classes.facts", "classes.jsa", "list.archived", "run.archived")));

        Path log = directory.resolve("classes.log");
        Commands later =
                new Commands(installed, cluster.configurationFolder(), user, "-Xlog:class+load:file=" + log + ":none");
        assertThat(later.run("selvage", "status").exitCode()).isZero();
        assertThat(Files.readAllLines(log))
                .as("also of a command that is none of those whose classes are noted")
                .anyMatch(line -> line.startsWith("io.selvage.client.connect.MasterConnection source: shared objects"));
    }

    /** Of what the commands keep beside the libraries. */
    private static List<String> filesBelow(Path installed) throws IOException {
        try (Stream<Path> files = Files.walk(installed.resolve("client-classes"))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (UncheckedIOException changing) {
            return List.of("something that has gone meanwhile");
        }
    }

    @Test
    void aRuntimeThatIsSharedIsUploadedByNobodyElseAndFetchedOnceForAllUsers() throws Exception {
        String libraryRoot = HDFS + "/shared";
        Commands.Outcome shared = commands.run("selvage", "share", "--json", libraryRoot);
        assertThat(shared.exitCode()).as(shared.text()).isZero();
        assertThat(shared.json().get("for_all").asBoolean()).isTrue();
        String root = HDFS + "/of-another";
        Commands.Outcome opened = commands.run(
                "yarn-session.sh",
                "-d",
                "--json",
                "-jm",
                "512",
                "-D",
                "selvage.state.root=" + root,
                "-D",
                "selvage.library.root=" + libraryRoot,
                "-D",
                "selvage.network.bind-host=127.0.0.1");
        assertThat(opened.exitCode()).as(opened.text()).isZero();
        String other = opened.json().get("application_id").asText();
        Commands.Outcome stopped = commands.run("selvage", "stop", other);
        assertThat(stopped.exitCode()).as(stopped.text()).isZero();

        assertThat(names(root + "/libraries")).as("the configuration's").hasSize(1);
        assertThat(hdfs.getContentSummary(new org.apache.hadoop.fs.Path(root)).getLength())
                .isLessThan(runtimeBytes / 10);
        assertThat(names(shared.json().get("path").asText()))
                .as("nobody deletes it")
                .hasSize(1);
        List<String> fetched = new ArrayList<>();
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            try (Stream<Path> files = Files.walk(cluster.nodeFolder(node).resolve("local/filecache"), 2)) {
                files.map(file -> file.getFileName().toString()).forEach(fetched::add);
            }
        }
        assertThat(fetched).as("for all users").anyMatch(name -> name.endsWith(".zip"));
    }

    @Test
    void aJobsResultIsTheOraclesAndItIsListed() throws Exception {
        Commands.Outcome run = commands.run("selvage", flightDelays("result", List.of("-s", session), List.of()));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("has finished after", "20,000 records in, 6,901 out");
        assertThat(rows("result"))
                .containsExactlyInAnyOrderElementsOf(
                        FlightDelaysOracle.answer(DATA.resolve("flights.csv"), DATA.resolve("airports.csv"))
                                .lines());
        assertThat(phases()).contains("FINISHED");
    }

    @Test
    void interruptingTheCommandLeavesTheJobWhichCanBeCanceled() throws Exception {
        Commands.Running run = commands.start("selvage", flightDelays("canceled", List.of(), List.of("--rate", "200")));
        Commands.await(
                "output is committed",
                () -> names(HDFS + "/canceled"),
                names -> names.stream().anyMatch(name -> name.startsWith("part-")));
        run.interrupt();
        Commands.Outcome interrupted = run.await();
        assertThat(interrupted.exitCode()).isEqualTo(130);
        assertThat(interrupted.out()).contains("The job goes on.", "scripts/selvage cancel job-");

        String job = interrupted.out().lines().findFirst().orElseThrow().split(" ")[1];
        Commands.Outcome cancel = commands.run("selvage", "cancel", job);
        assertThat(cancel.exitCode()).as(cancel.err()).isZero();
        assertThat(cancel.out()).contains("was canceled after");
        assertThat(commands.run("selvage", "attach", job).exitCode()).isEqualTo(8);
        // What is pending lies under a name that readers of a directory leave out.
        assertThat(names(HDFS + "/canceled")).allMatch(name -> name.startsWith("part-") || name.startsWith("_"));
    }

    @Test
    void aProgramRunsWithItsOwnVersionOfALibraryOfSelvagesUnlessToldOtherwise() throws Exception {
        String jar = OwnLibrary.jar(directory).toString();
        Commands.Outcome own = commands.run("selvage", "run", jar, HDFS + "/airports.csv", HDFS + "/own");
        assertThat(own.exitCode()).as(own.text()).isZero();
        assertThat(rows("own")).isNotEmpty().containsOnly(OwnLibrary.SAYS);

        Commands.Outcome selvages = commands.run(
                "selvage",
                "run",
                "-D",
                "selvage.classloader.order=parent-first",
                "-D",
                "selvage.restart.policy=none",
                "-D",
                NO_CHECKPOINT,
                jar,
                HDFS + "/airports.csv",
                HDFS + "/selvages");
        assertThat(selvages.exitCode()).as(selvages.text()).isNotZero();
        assertThat(selvages.text())
                .contains(
                        "NoSuchMethodError",
                        "Put the version that the program needs into its jar, and set"
                                + " selvage.classloader.order=child-first.");
    }

    @Test
    void anApplicationOfItsOwnEndsWithItsJob() throws Exception {
        Commands.Outcome run = commands.run(
                "selvage", flightDelays("alone", ofItsOwn("-nm", "flights alone", "-tg", "it"), List.of()));
        assertThat(run.exitCode()).as(run.text()).isZero();
        assertThat(run.out()).contains("is submitted in an application of its own, ", "has finished after");
        assertThat(rows("alone"))
                .containsExactlyInAnyOrderElementsOf(
                        FlightDelaysOracle.answer(DATA.resolve("flights.csv"), DATA.resolve("airports.csv"))
                                .lines());
        String application = applicationIn(run.out());
        ApplicationReport end = report(application);
        assertThat(end.getName()).isEqualTo("flights alone");
        assertThat(end.getApplicationTags()).containsExactly("it");
        assertThat(end.getYarnApplicationState()).isEqualTo(YarnApplicationState.FINISHED);
        assertThat(end.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
        assertThat(end.getDiagnostics()).matches("job-[0-9a-f]+ has finished\\.");
        assertThat(names(stateRoot)).doesNotContain(application);
        assertThat(sessionFiles()).containsExactly(session);
    }

    @Test
    void anApplicationOfItsOwnIsFoundByItsJobTakesNoOtherAndEndsAsKilledWhenThatIsCanceled() throws Exception {
        List<String> options = ofItsOwn("-d", "--json", "-D", "selvage.checkpoint.on-cancel=retain");
        Commands.Outcome run =
                commands.run("selvage", flightDelays("alone-canceled", options, List.of("--rate", "200")));
        assertThat(run.exitCode()).as(run.text()).isZero();
        String application = run.json().get("application_id").asText();
        String job = run.json().get("job_ids").get(0).asText();
        Commands.await(
                "output is committed",
                () -> names(HDFS + "/alone-canceled"),
                names -> names.stream().anyMatch(name -> name.startsWith("part-")));

        Commands.Outcome other =
                commands.run("selvage", flightDelays("alone-other", List.of("-s", application), List.of()));
        assertThat(other.exitCode()).as(other.text()).isEqualTo(6);
        assertThat(other.err()).contains("The application is for its job " + job + " alone, and ends with it");
        assertThat(commands.run("selvage", "status", "--json", "--job", job)
                        .json()
                        .get("phase")
                        .asText())
                .isEqualTo("RUNNING");

        Commands.Running attached = commands.start("selvage", "attach", job);
        Commands.await("it follows the job", attached::outSoFar, out -> !out.isBlank());
        Commands.Outcome cancel = commands.run("selvage", "cancel", job);
        assertThat(cancel.exitCode()).as(cancel.text()).isZero();
        assertThat(cancel.out()).contains("was canceled after", "Its last checkpoint is kept: ");
        Commands.Outcome attachedTo = attached.await();
        assertThat(attachedTo.exitCode()).as(attachedTo.text()).isEqualTo(8);
        ApplicationReport end = Commands.await(
                "YARN knows of the end",
                () -> report(application),
                report -> report.getYarnApplicationState() == YarnApplicationState.FINISHED);
        assertThat(end.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.KILLED);
        assertThat(end.getDiagnostics()).contains(job + " was canceled.", "Its last checkpoint is kept: hdfs://");
        Commands.await(
                "all but the checkpoint is deleted",
                () -> names(stateRoot + "/" + application),
                names -> names.equals(List.of(job)));
        assertThat(names(stateRoot + "/" + application + "/" + job)).containsExactly("checkpoints");
        assertThat(commands.run("selvage", "list").exitCode()).isZero();
        assertThat(sessionFiles()).containsExactly(session);
        hdfs.delete(new org.apache.hadoop.fs.Path(stateRoot, application), true);
    }

    @Test
    void anApplicationOfItsOwnFailsWithItsJobAndSaysWhy() throws Exception {
        String jar = OwnLibrary.jar(Files.createDirectory(directory.resolve("alone")))
                .toString();
        List<String> words = new ArrayList<>(List.of("run"));
        words.addAll(ofItsOwn(
                "-D", "selvage.classloader.order=parent-first",
                "-D", "selvage.restart.policy=none",
                "-D", NO_CHECKPOINT));
        words.addAll(List.of(jar, HDFS + "/airports.csv", HDFS + "/alone-failed"));
        Commands.Outcome run = commands.run("selvage", words.toArray(new String[0]));
        assertThat(run.exitCode()).as(run.text()).isEqualTo(7);
        assertThat(run.text()).contains("has failed after", "NoSuchMethodError");
        ApplicationReport end = report(applicationIn(run.out()));
        assertThat(end.getName()).as("the job's").isEqualTo("owner");
        assertThat(end.getYarnApplicationState()).isEqualTo(YarnApplicationState.FINISHED);
        assertThat(end.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.FAILED);
        assertThat(end.getDiagnostics()).contains("NoSuchMethodError");
        assertThat(sessionFiles()).containsExactly(session);
    }

    private static List<String> ofItsOwn(String... more) {
        List<String> options = new ArrayList<>(List.of(
                "--application",
                "-jm",
                "512",
                "-tm",
                "1024",
                "-D",
                STATE_ROOT,
                "-D",
                "selvage.network.bind-host=127.0.0.1",
                "-D",
                "selvage.executor.standby=0"));
        options.addAll(List.of(more));
        return options;
    }

    private static String applicationIn(String out) {
        Matcher id = Pattern.compile("application_\\d+_\\d+").matcher(out);
        assertThat(id.find()).as(out).isTrue();
        return id.group();
    }

    private ApplicationReport report(String application) throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(cluster.hadoopConfiguration());
            yarn.start();
            return yarn.getApplicationReport(ApplicationId.fromString(application));
        }
    }

    /** Where YARN keeps Credentials itself is YARN's to guard. */
    @Test
    void theSecretIsInTheSessionFileAndInNothingElseThatAnyoneCanSee() throws Exception {
        Path user = directory.resolve("user");
        Path file = user.resolve("sessions").resolve(session);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Secrets secrets = Secrets.of(file);
        assertThat(secrets.foundIn(Files.readAllBytes(file)))
                .as("what is looked for is there")
                .isTrue();

        Path logs = user.resolve("logs");
        Files.setPosixFilePermissions(logs, PosixFilePermissions.fromString("rwxr-xr-x"));
        Commands.Running run = commands.start("selvage", flightDelays("secret", List.of(), List.of("--rate", "200")));
        Commands.await(
                "output is committed",
                () -> names(HDFS + "/secret"),
                names -> names.stream().anyMatch(name -> name.startsWith("part-")));
        List<Long> processes = new ArrayList<>(cluster.containerProcesses());
        assertThat(processes).as("the master's, and executors'").hasSizeGreaterThan(1);
        processes.add(run.process().pid());
        run.process().descendants().map(ProcessHandle::pid).forEach(processes::add);
        for (long process : processes) {
            for (String what : List.of("cmdline", "environ")) {
                Path ofProcess = Path.of("/proc", Long.toString(process), what);
                assertThat(secrets.foundIn(read(ofProcess))).as("%s", ofProcess).isFalse();
            }
        }
        for (String page : pages()) {
            assertThat(secrets.foundIn(get(page))).as(page).isFalse();
        }
        run.interrupt();
        String job = run.await().out().lines().findFirst().orElseThrow().split(" ")[1];
        assertThat(commands.run("selvage", "cancel", job).exitCode()).isZero();

        for (Path local : localFiles()) {
            assertThat(secrets.foundIn(read(local))).as("%s", local).isFalse();
        }
        assertThat(secrets.foundIn(Files.readAllBytes(cluster.logFile())))
                .as("the daemons' log")
                .isFalse();
        requireClientsFilesKeep(secrets, user, file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(logs)))
                .as("others were let in before")
                .isEqualTo("rwx------");
        assertThat(hdfs.getFileStatus(new org.apache.hadoop.fs.Path(stateRoot))
                                .getPermission()
                                .toShort()
                        & OTHERS)
                .as("what others may do in the state root")
                .isZero();
        RemoteIterator<LocatedFileStatus> stored =
                hdfs.listFiles(new org.apache.hadoop.fs.Path(stateRoot, session), true);
        assertThat(stored.hasNext()).isTrue();
        while (stored.hasNext()) {
            FileStatus status = stored.next();
            assertThat(status.getPermission().toShort() & OTHERS)
                    .as("what others may do with %s", status.getPath())
                    .isZero();
            try (InputStream in = hdfs.open(status.getPath())) {
                assertThat(secrets.foundIn(in.readAllBytes())).as("%s", status).isFalse();
            } catch (FileNotFoundException swept) {
                // Of the job that was canceled.
            }
        }
    }

    /** What commands have written on their host, their log above all. */
    private static void requireClientsFilesKeep(Secrets secrets, Path user, Path sessionFile) throws IOException {
        assertThat(user.resolve("logs").resolve("client.log")).isNotEmptyFile();
        try (Stream<Path> files = Files.walk(user)) {
            for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)
                    .filter(each -> !each.equals(sessionFile))
                    .filter(each -> each.toFile().length() < LARGE_BYTES)::iterator) {
                assertThat(secrets.foundIn(read(each))).as("%s", each).isFalse();
            }
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException gone) {
            return new byte[0]; // With its container.
        }
    }

    private List<String> pages() {
        String manager = "http://" + cluster.hadoopConfiguration().get("yarn.resourcemanager.webapp.address");
        return List.of(
                manager + "/conf",
                manager + "/ws/v1/cluster/apps/" + session,
                manager + "/proxy/" + session + "/",
                manager + "/proxy/" + session + "/api/session",
                manager + "/proxy/" + session + "/api/jobs");
    }

    private static byte[] get(String page) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()
                .send(HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).as(page).isEqualTo(200);
        return response.body();
    }

    /**
     * What containers and NodeManagers have written, but for libraries, and for the tokens that YARN itself hands on.
     */
    private List<Path> localFiles() throws IOException {
        List<Path> found = new ArrayList<>();
        for (int node = 0; node < cluster.nodeManagerCount(); node++) {
            for (String folder : List.of("local", "log")) {
                try (Stream<Path> files = Files.walk(cluster.nodeFolder(node).resolve(folder))) {
                    files.filter(Files::isRegularFile)
                            .filter(file -> !file.toString().contains("/filecache/"))
                            .filter(file -> !file.getFileName().toString().endsWith("tokens"))
                            .filter(file -> file.toFile().length() < LARGE_BYTES)
                            .forEach(found::add);
                }
            }
        }
        assertThat(found).isNotEmpty();
        return found;
    }

    @Test
    void anInputThatIsMissingIsRefusedBeforeTheJobIsSubmitted() throws Exception {
        int before = phases().size();
        Commands.Outcome run =
                commands.run("selvage", flightDelays("missing", List.of(), List.of("--flights", HDFS + "/none.csv")));
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(3);
        assertThat(run.err()).contains(HDFS + "/none.csv").doesNotContain("\tat ");
        assertThat(phases()).hasSize(before);
    }

    @Test
    void aJobThatCantRunIsRefusedBeforeAnythingIsUploaded() throws Exception {
        List<String> before = names(stateRoot + "/" + session);
        String jar = TestJar.write(
                        directory.resolve("broken.jar"), List.of(BrokenProgram.class, BrokenProgram.Count.class))
                .toString();
        Commands.Outcome noSink = commands.run("selvage", "run", jar, "no sink", HDFS + "/flights.csv");
        assertThat(noSink.exitCode()).as(noSink.text()).isEqualTo(3);
        assertThat(noSink.err()).contains("End every stream with sinkTo(...).").doesNotContain("\tat ");

        Commands.Outcome noUid =
                commands.run("selvage", "run", jar, "no uid", HDFS + "/flights.csv", HDFS + "/uncounted");
        assertThat(noUid.exitCode()).as(noUid.text()).isEqualTo(3);
        assertThat(noUid.err()).contains("the step keeps state but has no uid", "Add .uid(\"a-name-that-stays\").");
        assertThat(names(stateRoot + "/" + session)).isEqualTo(before);
        assertThat(hdfs.exists(new org.apache.hadoop.fs.Path(HDFS, "uncounted")))
                .isFalse();
    }

    @Test
    void aProgramThatExitsWithoutAJobIsToldSo() throws Exception {
        Path jar = TestJar.write(directory.resolve("exiting.jar"), List.of(ExitingProgram.class));
        Commands.Outcome run = commands.run("selvage", "run", jar.toString());
        assertThat(run.exitCode()).as(run.text()).isEqualTo(4);
        assertThat(run.err())
                .contains("The main of acme.ExitingProgram has called System.exit without a job. End it with"
                        + " env.execute(\"name\").");
    }

    @Test
    void aContainerThatTheClusterNeverGivesIsRefusedBeforeAnythingIsUploaded() throws Exception {
        Commands.Outcome refused =
                commands.run("yarn-session.sh", "-d", "-tm", "100g", "-D", "selvage.state.root=" + HDFS + "/too-large");
        assertThat(refused.exitCode()).isEqualTo(6);
        assertThat(refused.err()).contains("selvage.executor.memory is 100g, and the cluster gives at most");
        assertThat(hdfs.exists(new org.apache.hadoop.fs.Path(HDFS + "/too-large")))
                .isFalse();
        assertThat(sessionFiles()).containsExactly(session);
    }

    @Test
    void anUnknownQueueIsRefusedWithTheKnownOnes() throws Exception {
        Commands.Outcome refused = commands.run("yarn-session.sh", "-d", "-qu", "nosuch");
        assertThat(refused.exitCode()).isEqualTo(6);
        assertThat(refused.err())
                .contains("The cluster has no queue \"nosuch\". Choose one of these with -qu: default.");
    }

    @Test
    void interruptingAnOpeningTakesBackWhatWasBegun() throws Exception {
        String root = HDFS + "/interrupted";
        Commands.Running opening = commands.start("yarn-session.sh", "-D", "selvage.state.root=" + root);
        Commands.await("YARN has it", opening::outSoFar, out -> out.contains("starting the master"));
        opening.interrupt();
        Commands.Outcome interrupted = opening.await();
        assertThat(interrupted.exitCode()).isEqualTo(130);
        assertThat(interrupted.out()).contains("nothing is left on the cluster but cached libraries");
        assertThat(names(root)).containsExactly("libraries");
        assertThat(sessionFiles()).containsExactly(session);
    }

    private String[] flightDelays(String output, List<String> options, List<String> arguments) {
        List<String> words = new ArrayList<>();
        words.add("run");
        words.addAll(options);
        words.addAll(List.of("-c", FLIGHT_DELAYS, "-D", "selvage.checkpoint.interval=1s", EXAMPLES.toString()));
        if (!arguments.contains("--flights")) {
            words.addAll(List.of("--flights", HDFS + "/flights.csv"));
        }
        words.addAll(List.of("--airports", HDFS + "/airports.csv", "--output", HDFS + "/" + output));
        words.addAll(arguments);
        return words.toArray(new String[0]);
    }

    private List<String> rows(String output) throws IOException {
        List<String> rows = new ArrayList<>();
        for (FileStatus file : hdfs.listStatus(new org.apache.hadoop.fs.Path(HDFS, output))) {
            if (file.isFile()) {
                try (InputStream in = hdfs.open(file.getPath())) {
                    String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    rows.addAll(text.lines().skip(1).toList());
                }
            }
        }
        return rows;
    }

    private List<String> phases() throws Exception {
        List<String> phases = new ArrayList<>();
        commands.run("selvage", "list", "--json")
                .json()
                .forEach(job -> phases.add(job.get("phase").asText()));
        return phases;
    }

    private List<String> names(String path) throws IOException {
        List<String> names = new ArrayList<>();
        if (!hdfs.exists(new org.apache.hadoop.fs.Path(path))) {
            return names;
        }
        RemoteIterator<FileStatus> files = hdfs.listStatusIterator(new org.apache.hadoop.fs.Path(path));
        while (files.hasNext()) {
            names.add(files.next().getPath().getName());
        }
        return names;
    }

    private List<String> sessionFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("user").resolve("sessions"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
