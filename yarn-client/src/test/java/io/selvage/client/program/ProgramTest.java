package io.selvage.client.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.Jars;
import acme.Programs;
import io.selvage.api.JobLauncher;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.JobGraph;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ClassLoaderOrder;
import io.selvage.protocol.config.ClassLoading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
    private final List<JobGraph> launched = new ArrayList<>();
    private final JobLauncher launcher = new JobLauncher() {
        @Override
        public int defaultParallelism() {
            return 3;
        }

        @Override
        public int maxParallelism() {
            return 64;
        }

        @Override
        public String launch(JobGraph graph) {
            launched.add(graph);
            return "job-" + launched.size();
        }
    };

    @TempDir
    Path directory;

    @Test
    void aProgramsMainYieldsItsJobWithTheDefaultsOfTheCommandLine() throws IOException {
        ProgramJar jar = ProgramJar.open(jar(Programs.Good.class), null);
        assertThat(new Program(jar, List.of("breakfast")).run(launcher, ClassLoading.DEFAULT, directory))
                .containsExactly("job-1");
        JobGraph graph = launched.get(0);
        assertThat(graph.name()).isEqualTo("breakfast");
        assertThat(graph.slots()).isEqualTo(3);
        assertThat(graph.maxParallelism()).isEqualTo(64);
        assertThat(graph.settings()).containsEntry("selvage.checkpoint.interval", "1s");
    }

    @Test
    void theThreadAndTheEnvironmentAreAsBeforeAfterAProgram() throws IOException {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ProgramJar jar = ProgramJar.open(jar(Programs.Good.class), null);
        new Program(jar, List.of("breakfast")).run(launcher, ClassLoading.DEFAULT, directory);
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
        StreamEnvironment env = StreamEnvironment.create();
        assertThatThrownBy(() -> env.execute("x")).isInstanceOf(RuntimeException.class);
        assertThat(launched).hasSize(1);
    }

    @Test
    void aMainThatThrowsIsToldWithItsCausesAndItsPlaceButNoStack() throws IOException {
        assertRefused(Programs.Throwing.class, ExitCode.PROGRAM_FAILED)
                .hasMessageContaining("The main of acme.Programs$Throwing has thrown")
                .hasMessageContaining("java.lang.IllegalStateException: no breakfast")
                .hasMessageContaining("caused by java.lang.ArithmeticException: 0 eggs")
                .hasMessageContaining("at acme.Programs$Throwing.main(Programs.java:")
                .hasMessageContaining("--verbose");
    }

    @Test
    void aMainWithoutAJobIsRefused() throws IOException {
        assertRefused(Programs.Forgetful.class, ExitCode.PROGRAM_FAILED)
                .hasMessage("The main of acme.Programs$Forgetful has ended without a job. End it with"
                        + " env.execute(\"name\").");
    }

    @Test
    void aJobWithoutASinkIsRefused() throws IOException {
        assertRefused(Programs.Sinkless.class, ExitCode.BAD_INPUT).hasMessageContaining("sinkTo");
        assertThat(launched).isEmpty();
    }

    @Test
    void aUidUsedTwiceIsRefused() throws IOException {
        assertRefused(Programs.Twice.class, ExitCode.BAD_INPUT).hasMessageContaining("is used twice in the job");
    }

    @Test
    void anInputThatIsMissingIsRefused() throws IOException {
        assertRefused(Programs.Missing.class, ExitCode.BAD_INPUT)
                .hasMessageContaining("There is no hdfs:/numbers. Put the numbers there.");
    }

    @Test
    void aClassWithoutAStaticMainIsRefused() throws IOException {
        assertRefused(Programs.NoMain.class, ExitCode.BAD_INPUT)
                .hasMessageContaining("has no \"public static void main(String[])\"");
    }

    @Test
    void aMissingJarIsNamed() {
        assertThatThrownBy(() -> ProgramJar.open(directory.resolve("none.jar"), null))
                .hasMessage(
                        "There is no file " + directory.resolve("none.jar") + ". Name the jar that holds the program.");
    }

    @Test
    void aFileThatIsNoJarIsRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("text.jar"), "this is not a jar");
        assertThatThrownBy(() -> ProgramJar.open(file, null))
                .hasMessage(file + " is not a jar. Name the jar that holds the program.");
    }

    @Test
    void aDirectoryIsRefused() {
        assertThatThrownBy(() -> ProgramJar.open(directory, null))
                .hasMessage(directory + " can't be read as a jar. Name a jar file that you may read.");
    }

    @Test
    void aManifestWithoutAMainClassIsRefusedUnlessOneIsNamed() throws IOException {
        Path file = jar(null);
        assertThatThrownBy(() -> ProgramJar.open(file, null))
                .hasMessage("The manifest of " + file + " has no Main-Class. Name the program's class with -c CLASS.");
        assertThat(ProgramJar.open(file, Programs.Good.class.getName()).mainClass())
                .isEqualTo(Programs.Good.class.getName());
    }

    @Test
    void aMainClassThatTheJarLacksIsRefused() throws IOException {
        Path file = jar(null);
        assertThatThrownBy(() -> ProgramJar.open(file, "acme.Absent"))
                .isInstanceOf(ClientException.class)
                .hasMessage("There is no class acme.Absent in " + file + ". Name the program's class with -c CLASS.");
    }

    @Test
    void aMainSeesItsOwnVersionOfALibraryUnlessSelvagesComesFirst() throws IOException {
        Path file = OwnGuava.jar(directory, "own.jar");
        Program program = new Program(ProgramJar.open(file, null), List.of());
        assertThat(program.run(launcher, ClassLoading.DEFAULT, directory)).hasSize(1);
        assertThat(launched.get(0).name()).isEqualTo("the program's own");

        assertThatThrownBy(() ->
                        program.run(launcher, new ClassLoading(ClassLoaderOrder.PARENT_FIRST, List.of()), directory))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("java.lang.NoSuchMethodError")
                .hasMessageContaining("another version of com.google.common.base.Strings")
                .hasMessageContaining("set selvage.classloader.order=child-first.");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Class<?> mainClass, ExitCode exitCode)
            throws IOException {
        Program program = new Program(ProgramJar.open(jar(mainClass), null), List.of());
        return assertThatThrownBy(() -> program.run(launcher, ClassLoading.DEFAULT, directory))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(exitCode));
    }

    private Path jar(@Nullable Class<?> mainClass) throws IOException {
        return Jars.write(directory.resolve("program.jar"), mainClass);
    }
}
