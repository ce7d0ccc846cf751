package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ClassLoaderOrder;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.digest.Sha256;
import io.selvage.protocol.wire.LibraryFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobProgramsTest {
    private static final ClassLoading PARENT_FIRST = new ClassLoading(ClassLoaderOrder.PARENT_FIRST, List.of());
    private static final String JOINER = "com.google.common.base.Joiner";

    @TempDir
    Path directory;

    private List<LibraryFile> jars;
    private JobPrograms programs;

    @BeforeEach
    void compile() throws Exception {
        Path jar = jar();
        jars = List.of(LibraryFile.newBuilder()
                .setName("program.jar")
                .setPath(jar.toUri().toString())
                .setLength(Files.size(jar))
                .setSha256(Sha256.of(Files.readAllBytes(jar)))
                .build());
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        programs = new JobPrograms(store, directory.resolve("work"), JobProgramsTest.class.getClassLoader());
    }

    @Test
    void aJobsSettingsSayWhoseClassesComeFirst() throws Exception {
        ClassLoader own = programs.loader("job-a", jars, ClassLoading.DEFAULT, Set.of("job-a"));
        assertThat(own.loadClass(JOINER).getMethod("whose").invoke(null)).isEqualTo("the program's own");
        ClassLoader selvages = programs.loader("job-b", jars, PARENT_FIRST, Set.of("job-a", "job-b"));
        assertThat(selvages.loadClass(JOINER)).isSameAs(com.google.common.base.Joiner.class);
        assertThat(programs.loader("job-a", jars, ClassLoading.DEFAULT, Set.of("job-a")))
                .as("of all incarnations")
                .isSameAs(own);
    }

    @Test
    void aProgramThatIsNotInUseIsClosedOnceOthersHaveComeAndNothingKeepsIt() throws Exception {
        WeakReference<ClassLoader> forgotten = use("job-gone");
        ClassLoader closed = programs.loader("job-closed", jars, ClassLoading.DEFAULT, Set.of("job-closed"));
        for (int i = 0; i < JobPrograms.MOST_IDLE_PROGRAMS; i++) {
            programs.loader("job-" + i, jars, ClassLoading.DEFAULT, Set.of());
        }
        assertThatThrownBy(() -> closed.loadClass("acme.Later"))
                .as("its jar is closed")
                .isInstanceOf(ClassNotFoundException.class);

        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<byte[]> pressure = new ArrayList<>();
        while (forgotten.get() != null) {
            assertThat(System.nanoTime()).as("something keeps the loader").isLessThan(deadline);
            System.gc();
            pressure.add(new byte[1 << 16]);
        }
    }

    @Test
    void aProgramInUseStaysOpenHoweverManyOthersCome() throws Exception {
        ClassLoader used = programs.loader("job-used", jars, ClassLoading.DEFAULT, Set.of("job-used"));
        for (int i = 0; i < 3 * JobPrograms.MOST_IDLE_PROGRAMS; i++) {
            programs.loader("job-" + i, jars, ClassLoading.DEFAULT, Set.of("job-used"));
        }
        assertThat(used.loadClass("acme.Later").getClassLoader()).isSameAs(used);
    }

    /** As a job does: with its classes' serdes, which are remembered by their class. */
    private WeakReference<ClassLoader> use(String job) throws Exception {
        ClassLoader loader = programs.loader(job, jars, ClassLoading.DEFAULT, Set.of(job));
        Class<?> record = loader.loadClass("acme.Reading");
        assertThat(record.getClassLoader()).isSameAs(loader);
        assertThat(Serdes.of(record).schema()).isNotEmpty();
        return new WeakReference<>(loader);
    }

    private Path jar() throws IOException {
        Path sources = Files.createDirectories(directory.resolve("sources"));
        Path classes = Files.createDirectories(directory.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of("-proc:none", "-cp", classes.toString(), "-d"));
        arguments.add(classes.toString());
        arguments.add(source(sources, "Later", "package acme; public class Later {}"));
        arguments.add(source(sources, "Reading", "package acme; public record Reading(String sensor, long value) {}"));
        arguments.add(source(
                sources,
                "Joiner",
                "package com.google.common.base;"
                        + " public class Joiner { public static String whose() { return \"the program's own\"; } }"));
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int failed =
                ToolProvider.getSystemJavaCompiler().run(null, messages, messages, arguments.toArray(new String[0]));
        assertThat(failed).as(messages.toString()).isZero();
        Path jar = directory.resolve("program.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            for (String name :
                    List.of("acme/Later.class", "acme/Reading.class", "com/google/common/base/Joiner.class")) {
                entries.putNextEntry(new JarEntry(name));
                Files.copy(classes.resolve(name), entries);
                entries.closeEntry();
            }
        }
        return jar;
    }

    private static String source(Path folder, String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name + ".java"), text).toString();
    }
}
