package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
    @TempDir
    Path directory;

    @Test
    void aContainerTakesTheArchiveOnceItIsThere() throws Exception {
        Path application = Files.createDirectories(directory.resolve("usercache/a b/appcache/application_1_2"));
        assertThat(launched(application + ",/elsewhere")).containsOnlyOnce(" -XX:DumpLoadedClassList=classes.list ");
        Path archive = ClassArchive.of(Map.of("LOCAL_DIRS", application + ",/elsewhere"))
                .path();
        Path given = Files.createDirectories(directory.resolve("work/selvage-classes"))
                .resolve("selvage.jsa");
        Files.createFile(given);
        assertThat(launched(application + ",/elsewhere"))
                .contains(" -XX:SharedArchiveFile=selvage-classes/selvage.jsa ")
                .doesNotContain("DumpLoadedClassList");
        Files.createFile(archive);
        assertThat(launched(application + ",/elsewhere"))
                .as("what the node has made for itself is for its own virtual machine")
                .contains(" -XX:SharedArchiveFile=" + archive + " ")
                .doesNotContain("selvage-classes")
                .doesNotContain("DumpLoadedClassList");
    }

    /** As YARN writes its scripts: the command is between double quotes, for a second shell. */
    private String launched(String localDirectories) throws IOException, InterruptedException {
        ProcessBuilder script = new ProcessBuilder(
                "bash",
                "-c",
                "set -o pipefail -e\nexec /bin/bash -c \"exec printf '%s ' " + ClassArchive.optionsInShell() + "\"");
        script.environment().put("LOCAL_DIRS", localDirectories);
        script.directory(Files.createDirectories(directory.resolve("work")).toFile());
        Process process = script.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return out;
    }

    @Test
    void anArchiveIsMadeOfTheClassesOfAListAndTaken() throws Exception {
        Path list = Files.writeString(
                directory.resolve("list"),
                "# a comment\nio/selvage/protocol/process/MasterHint\nno/such/Class id: 7\n@lambda-proxy x\n");
        Path jsa = directory.resolve("selvage.jsa");
        Path jar = directory.resolve("classes.jar");
        run(List.of(
                "jar", "cf", jar.toString(), "-C", Path.of("target", "classes").toString(), "io"));
        String own = jar + ":" + Files.createFile(directory.resolve("settings.jar"));
        assertThat(run(ClassArchive.command(jsa, list, jar.toString()))).contains("1 classes are loaded.");
        String classes = run(List.of(
                javaBinary(),
                "-XX:SharedArchiveFile=" + jsa,
                "-Xlog:class+load",
                "-cp",
                own,
                ClassArchive.class.getName(),
                list.toString()));
        assertThat(classes.lines()
                        .filter(line -> line.contains("io.selvage.protocol.process.MasterHint "))
                        .toList())
                .singleElement()
                .asString()
                .contains("shared objects file (top)");
    }

    @Test
    void anArchiveIsTakenOnAnotherNodeThatHasUnpackedTheSameJars() throws Exception {
        Path list = Files.writeString(directory.resolve("list"), "io/selvage/protocol/process/MasterHint\n");
        Path jsa = directory.resolve("selvage.jsa");
        Path node = Files.createDirectories(directory.resolve("node/lib"));
        Path jar = node.resolve("classes.jar");
        run(List.of(
                "jar", "cf", jar.toString(), "-C", Path.of("target", "classes").toString(), "io"));
        Files.setLastModifiedTime(jar, FileTime.fromMillis(946_684_800_000L)); // As all that a bundle holds.
        String classPath = ContainerLayout.librariesOf("lib/classes.jar:hadoop-conf/settings.jar");
        runIn(directory.resolve("node"), ClassArchive.command(jsa, list, classPath));

        Path other = Files.createDirectories(directory.resolve("other/lib"));
        Files.copy(jar, other.resolve("classes.jar"), StandardCopyOption.COPY_ATTRIBUTES);
        Path settings =
                Files.createDirectories(directory.resolve("other/hadoop-conf")).resolve("settings.jar");
        run(List.of("jar", "cf", settings.toString(), "-C", directory.toString(), "list"));
        assertThat(runIn(
                        directory.resolve("other"),
                        List.of(
                                javaBinary(),
                                "-XX:SharedArchiveFile=" + jsa,
                                "-Xlog:class+load",
                                "-cp",
                                "lib/classes.jar:hadoop-conf/settings.jar",
                                ClassArchive.class.getName(),
                                list.toString())))
                .containsPattern("process.MasterHint source: shared objects file \\(top\\)");
    }

    @Test
    void aMachineIsNamedByWhatItAsksOfAnArchive() throws Exception {
        Path jar = Files.createFile(directory.resolve("a.jar"));
        Optional<String> name = ClassArchive.machine(jar.toString());
        assertThat(name.orElseThrow()).matches("[0-9a-f]{16}");
        assertThat(ClassArchive.machine(jar.toString())).isEqualTo(name);
        Files.setLastModifiedTime(jar, FileTime.fromMillis(946_681_200_000L));
        assertThat(ClassArchive.machine(jar.toString()))
                .as("unpacked in another time zone")
                .isNotEqualTo(name);
    }

    private static String javaBinary() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        return runIn(Path.of(""), command);
    }

    private static String runIn(Path directory, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }
}
