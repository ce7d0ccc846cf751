package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
        Files.createFile(archive);
        assertThat(launched(application + ",/elsewhere"))
                .contains(" -XX:SharedArchiveFile=" + archive + " ")
                .doesNotContain("DumpLoadedClassList");
    }

    /** As YARN writes its scripts: the command is between double quotes, for a second shell. */
    private static String launched(String localDirectories) throws IOException, InterruptedException {
        ProcessBuilder script = new ProcessBuilder(
                "bash",
                "-c",
                "set -o pipefail -e\nexec /bin/bash -c \"exec printf '%s ' " + ClassArchive.optionsInShell() + "\"");
        script.environment().put("LOCAL_DIRS", localDirectories);
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
        List<String> make = new ArchivePaths(jar).in(new ClassArchive(jsa).command(jsa, list));
        assertThat(run(make)).contains("1 classes are loaded.");
        String classes = run(List.of(
                javaBinary(),
                "-XX:SharedArchiveFile=" + jsa,
                "-Xlog:class+load",
                "-cp",
                jar.toString(),
                ClassArchive.class.getName(),
                list.toString()));
        assertThat(classes.lines()
                        .filter(line -> line.contains("io.selvage.protocol.process.MasterHint "))
                        .toList())
                .singleElement()
                .asString()
                .contains("shared objects file (top)");
    }

    /** The class path of a test holds directories, which no archive can be made for. */
    private record ArchivePaths(Path jar) {
        List<String> in(List<String> command) {
            return command.stream()
                    .map(word -> word.equals(System.getProperty("java.class.path")) ? jar.toString() : word)
                    .toList();
        }
    }

    private static String javaBinary() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @Test
    void aListThatIsStillBeingWrittenIsReadToItsLastWholeLine() {
        byte[] cut = ClassArchiveMaker.wholeLines("a/B\nc/D\ne/".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(cut, StandardCharsets.UTF_8)).isEqualTo("a/B\nc/D\n");
        assertThat(ClassArchiveMaker.wholeLines("a/".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void theMemoryInUseIsReadFromTheKernelsWords() {
        assertThat(ClassArchiveMaker.residentBytes(List.of("VmPeak:\t 9 kB", "VmRSS:\t  2048 kB")))
                .isEqualTo(2L << 20);
    }
}
