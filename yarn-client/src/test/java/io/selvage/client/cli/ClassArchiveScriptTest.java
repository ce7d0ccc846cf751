package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code scripts/selvage} does about its archive of classes, in an installation of its own: with a Java that only
 * does what the script sees of one, or with real ones, whose command is a program of two classes.
 */
@Timeout(120)
class ClassArchiveScriptTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 50;

    /**
     * Notes its arguments in {@code calls}. A command notes the class of an answer; an archive is what it is to be made
     * of, as soon as there is no file {@code hold}, and fails half-way if there is a file {@code fail}. With a file
     * {@code refuse} it does not start.
     */
    private static final String JAVA = """
            #!/usr/bin/env bash
            here="$(dirname "$(dirname "$0")")"
            for each in "$@"; do
                case "$each" in
                    -XX:DumpLoadedClassList=*) noted="${each#*=}" ;;
                    -XX:SharedClassListFile=*) list="${each#*=}" ;;
                    -XX:SharedArchiveFile=*) archive="${each#*=}" ;;
                    -Xshare:dump) dump=true ;;
                esac
            done
            echo "$*" >>"$here/calls"
            if [[ -e "$here/refuse" ]]; then exit 1; fi
            if [[ -n "${dump:-}" ]]; then
                while [[ -e "$here/hold" ]]; do sleep 0.05; done
                cp "$list" "$archive"
                [[ ! -e "$here/fail" ]]
                exit
            fi
            if [[ -n "${noted:-}" ]]; then
                printf 'java/lang/Object\\nio/selvage/protocol/wire/ListJobsResponse\\nlast' >"$noted"
            fi
            echo answered
            """;

    private static final List<String> ARCHIVED = List.of("classes.facts", "classes.jsa", "list.archived");
    private static final List<String> ARCHIVED_TWICE =
            Stream.concat(ARCHIVED.stream(), ARCHIVED.stream()).sorted().toList();

    @TempDir
    Path directory;

    private Path installed;
    private Path user;
    private Path java;

    @BeforeEach
    void install() throws IOException {
        installed = Files.createDirectory(directory.resolve("installed"));
        user = directory.resolve("user");
        Path script = installed.resolve("scripts").resolve("selvage");
        Files.createDirectory(script.getParent());
        Files.copy(Path.of("..", "scripts", "selvage"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(
                Files.createDirectory(installed.resolve("lib")).resolve("selvage.jar"), "not looked into here");
        java = fakeJava("java");
    }

    @Test
    void theFirstCommandLeavesAnArchiveBesideTheLibrariesAndTheNextOneUsesIt() throws Exception {
        assertAnswered(run(java, "list"));
        Path archive = awaitArchive(beside());

        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=" + archive).doesNotContain("DumpLoadedClassList");
        assertThat(own()).doesNotExist();
    }

    @Test
    void whoMayNotWriteBesideTheLibrariesHasAnArchiveInTheOwnDirectory() throws Exception {
        close(beside());

        assertAnswered(run(java, "list"));
        Path archive = awaitArchive(own());
        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=" + archive).doesNotContain("DumpLoadedClassList");
        assertThat(filesBelow(beside())).isEmpty();
    }

    @Test
    void anotherUserUsesTheArchiveThatIsThere() throws Exception {
        assertAnswered(run(java, "list"));
        Path archive = awaitArchive(beside());
        List<String> before = filesBelow(beside());
        user = directory.resolve("another");

        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=" + archive).doesNotContain("DumpLoadedClassList");
        assertThat(filesBelow(beside())).isEqualTo(before);
        assertThat(own()).doesNotExist();
    }

    @Test
    void ofTwoFirstCommandsAtTheSameMomentOneMakesTheArchive() throws Exception {
        Path hold = Files.createFile(java.resolve("hold"));
        Process first = start(java, "list");
        Process second = start(java, "list");
        assertAnswered(await(first));
        assertAnswered(await(second));
        awaitUntil("an archive is being made", () -> !dumps().isEmpty());
        awaitUntil(
                "the other one has given way",
                () -> filesBelow(beside()).stream()
                                .filter(file -> file.endsWith(".noted"))
                                .count()
                        <= 1);
        Files.delete(hold);

        awaitArchive(beside());
        assertThat(dumps()).hasSize(1);
        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=");
    }

    @Test
    void anArchiveWhoseMakingFailsIsGivenUpForADay() throws Exception {
        Path fail = Files.createFile(java.resolve("fail"));
        assertAnswered(run(java, "list"));
        awaitUntil("it is given up", () -> filesBelow(beside()).equals(List.of("given-up")));

        assertAnswered(run(java, "list"));
        assertThat(lastCall()).doesNotContain("DumpLoadedClassList").doesNotContain("SharedArchiveFile");
        assertThat(dumps()).hasSize(1);

        Files.delete(fail);
        Path givenUp = only(beside(), "given-up");
        Files.setLastModifiedTime(givenUp, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
        assertAnswered(run(java, "list"));
        assertThat(givenUp).doesNotExist();
        assertAnswered(run(java, "list"));
        awaitArchive(beside());
    }

    @Test
    void aCommandWhoseJavaDoesNotStartGivesNothingUp() throws Exception {
        Files.createFile(java.resolve("refuse"));
        assertThat(await(start(java, "-Xmx1x", "list")).exitCode()).isEqualTo(1);
        Files.delete(java.resolve("refuse"));

        assertAnswered(run(java, "list"));
        awaitArchive(beside());
    }

    /** One that is there goes on being used, though it can't be made anew with more classes. */
    @Test
    void anArchiveThatIsThereOutlivesOneThatFails() throws Exception {
        assertAnswered(run(java, "list"));
        Path archive = awaitArchive(beside());
        String before = Files.readString(archive);
        Files.createFile(java.resolve("fail"));
        Path list = only(beside(), "list.archived");
        Files.delete(list);

        assertAnswered(run(java, "list"));
        awaitUntil(
                "it is given up",
                () -> filesBelow(beside()).equals(List.of("classes.facts", "classes.jsa", "given-up")));
        assertThat(archive).hasContent(before);
        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=" + archive);
    }

    @Test
    void eachJavaHasAnArchiveOfItsOwn() throws Exception {
        Path other = fakeJava("other-java-of-the-same-host");
        assertAnswered(run(java, "list"));
        Path first = awaitArchive(beside());
        assertAnswered(run(other, "list"));
        awaitUntil("each has one", () -> filesBelow(beside()).equals(ARCHIVED_TWICE));

        assertAnswered(run(java, "list"));
        assertThat(lastCall()).contains("-XX:SharedArchiveFile=" + first);
        assertAnswered(run(other, "list"));
        assertThat(Files.readString(other.resolve("calls")).lines().toList())
                .last()
                .asString()
                .contains("-XX:SharedArchiveFile=")
                .doesNotContain(first.toString());
    }

    @Test
    void anArchiveOfLibrariesThatHaveBeenReplacedIsDeleted() throws Exception {
        assertAnswered(run(java, "list"));
        Path former = awaitArchive(beside());
        Files.writeString(installed.resolve("lib").resolve("selvage.jar"), "of the next version");

        assertAnswered(run(java, "list"));
        assertThat(lastCall()).doesNotContain("SharedArchiveFile");
        awaitUntil("the former one is gone", () -> !Files.exists(former));
        awaitArchive(beside());
    }

    // ---- with real ones ------------------------------------------------------------------------------------------

    @Test
    void aDamagedArchiveHarmsNoCommand() throws Exception {
        assertDamageHarmsNoCommand(thisJava());
    }

    @Test
    void anotherJavasDamagedArchiveHarmsNoCommand() throws Exception {
        Optional<Path> other = anotherJava();
        assumeTrue(other.isPresent(), "There is one Java on this host.");
        assertDamageHarmsNoCommand(other.get());
    }

    /** Whatever has found an archive of the one in the place for that of the other. */
    @Test
    void anArchiveOfAnotherJavaHarmsNoCommand() throws Exception {
        Optional<Path> other = anotherJava();
        assumeTrue(other.isPresent(), "There is one Java on this host.");
        writeProgram();
        assertAnswered(run(thisJava(), "list"));
        Path ofThis = awaitArchive(beside());
        assertAnswered(run(other.get(), "list"));
        awaitUntil("each has one", () -> filesBelow(beside()).equals(ARCHIVED_TWICE));
        assertThat(classesFromArchive(thisJava())).contains("io.selvage.client.cli.Main");
        assertThat(classesFromArchive(other.get())).contains("io.selvage.client.cli.Main");

        Path ofOther = archives().stream()
                .filter(each -> !each.equals(ofThis))
                .findFirst()
                .orElseThrow();
        Files.copy(ofThis, ofOther, StandardCopyOption.REPLACE_EXISTING);
        noteAsMade(ofOther);
        assertAnswered(run(other.get(), "list"));
        assertThat(classesFromArchive(other.get())).doesNotContain("io.selvage.client.cli.Main");
    }

    /** As the script does, by which an archive goes for what was made here. */
    private static void noteAsMade(Path archive) throws Exception {
        Process facts = new ProcessBuilder("stat", "-c", "%i %s %.9Z", archive.toString()).start();
        Files.write(
                archive.resolveSibling("classes.facts"), facts.getInputStream().readAllBytes());
        assertThat(facts.waitFor()).isZero();
    }

    private void assertDamageHarmsNoCommand(Path real) throws Exception {
        writeProgram();
        assertAnswered(run(real, "list"));
        Path archive = awaitArchive(beside());
        byte[] whole = Files.readAllBytes(archive);
        assertThat(classesFromArchive(real)).contains("io.selvage.client.cli.Main");

        byte[] flipped = whole.clone();
        for (int i = whole.length / 2; i < whole.length / 2 + 4_096; i++) {
            flipped[i] = (byte) ~flipped[i];
        }
        List<byte[]> damages = List.of(
                new byte[0], Arrays.copyOf(whole, whole.length / 2), Arrays.copyOf(whole, whole.length - 1), flipped);
        for (byte[] damaged : damages) {
            Files.write(archive, damaged);
            assertAnswered(run(real, "list"));
            awaitArchive(beside());
            assertThat(classesFromArchive(real)).as("made anew").contains("io.selvage.client.cli.Main");
        }
    }

    private List<String> classesFromArchive(Path real) throws Exception {
        Path log = Files.createTempFile(directory, "classes", ".log");
        assertAnswered(await(start(real, "-Xlog:class+load:file=" + log + ":none", "list")));
        return Files.readAllLines(log).stream()
                .filter(line -> line.contains(" source: shared objects"))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    /** In place of Selvage: it says that it was answered once it has the class of the answer. */
    private void writeProgram() throws IOException {
        Path sources = Files.createDirectory(directory.resolve("sources"));
        Path main = Files.writeString(sources.resolve("Main.java"), """
                package io.selvage.client.cli;
                public final class Main {
                    public static void main(String[] arguments) throws Exception {
                        Class.forName("io.selvage.protocol.wire.ListJobsResponse");
                        System.out.println("answered");
                    }
                }
                """);
        Path answer = Files.writeString(sources.resolve("ListJobsResponse.java"), """
                package io.selvage.protocol.wire;
                public final class ListJobsResponse {}
                """);
        Path compiled = Files.createDirectory(directory.resolve("compiled"));
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "--release",
                                "17",
                                "-d",
                                compiled.toString(),
                                main.toString(),
                                answer.toString()))
                .isZero();
        try (OutputStream out = Files.newOutputStream(installed.resolve("lib").resolve("selvage.jar"));
                JarOutputStream jar = new JarOutputStream(out)) {
            for (String name :
                    List.of("io/selvage/client/cli/Main.class", "io/selvage/protocol/wire/ListJobsResponse.class")) {
                jar.putNextEntry(new JarEntry(name));
                Files.copy(compiled.resolve(name), jar);
                jar.closeEntry();
            }
        }
    }

    private static Path thisJava() {
        return Path.of(System.getProperty("java.home"));
    }

    /** Of another version, where distributions install them. */
    private static Optional<Path> anotherJava() throws IOException {
        Path all = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(all)) {
            for (Path home : homes) {
                if (Files.isExecutable(home.resolve("bin/java"))
                        && Files.isRegularFile(home.resolve("release"))
                        && !home.toRealPath().equals(thisJava().toRealPath())
                        && !Files.readString(home.resolve("release"))
                                .contains("JAVA_VERSION=\"" + Runtime.version().feature())) {
                    return Optional.of(home);
                }
            }
        }
        return Optional.empty();
    }

    // ---- the installation ----------------------------------------------------------------------------------------

    private Path fakeJava(String name) throws IOException {
        Path bin = Files.createDirectories(directory.resolve(name).resolve("bin"));
        Path binary = Files.writeString(bin.resolve("java"), JAVA + "# " + name + "\n");
        Files.setPosixFilePermissions(binary, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin.getParent();
    }

    private Path beside() {
        return installed.resolve("client-classes");
    }

    private Path own() {
        return user.resolve("cache").resolve("client-classes");
    }

    /** Nothing can be made there any more, nor by a user who may write everywhere. */
    private static void close(Path place) throws IOException {
        Files.createFile(place);
    }

    /** Of what is kept there, without the directories of archives; sorted. */
    private static List<String> filesBelow(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (UncheckedIOException changing) {
            return List.of("something that has gone meanwhile");
        }
    }

    private static Path only(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found = files.filter(
                            file -> file.getFileName().toString().equals(name))
                    .toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.walk(beside())) {
            return files.filter(file -> file.getFileName().toString().equals("classes.jsa"))
                    .toList();
        }
    }

    /** The one that is there once whoever has made it has cleared up. */
    private static Path awaitArchive(Path place) throws Exception {
        awaitUntil("an archive in " + place, () -> filesBelow(place).equals(ARCHIVED));
        return only(place, "classes.jsa");
    }

    private static void awaitUntil(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    // ---- commands ------------------------------------------------------------------------------------------------

    private record Outcome(int exitCode, String output) {}

    private static void assertAnswered(Outcome outcome) {
        assertThat(outcome).isEqualTo(new Outcome(0, "answered\n"));
    }

    private Outcome run(Path javaHome, String command) throws Exception {
        return await(start(javaHome, "", command));
    }

    private Process start(Path javaHome, String command) throws IOException {
        return start(javaHome, "", command);
    }

    private Process start(Path javaHome, String jvmOptions, String command) throws IOException {
        List<String> line = new ArrayList<>(
                List.of(installed.resolve("scripts").resolve("selvage").toString(), command));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", javaHome.toString());
        builder.environment().put("SELVAGE_USER_DIR", user.toString());
        builder.environment().put("SELVAGE_JVM_OPTIONS", jvmOptions);
        return builder.start();
    }

    private static Outcome await(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), output);
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(java.resolve("calls"));
    }

    private String lastCall() throws IOException {
        return calls().get(calls().size() - 1);
    }

    private List<String> dumps() throws IOException {
        return calls().stream().filter(call -> call.contains("-Xshare:dump")).toList();
    }
}
