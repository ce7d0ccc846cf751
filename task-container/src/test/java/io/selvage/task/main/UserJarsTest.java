package io.selvage.task.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.program.ProgramClassLoader;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserJarsTest {
    @TempDir
    Path directory;

    @Test
    void aJobFindsItsOwnThenTheSessionsJarsInOrder() throws Exception {
        Files.createDirectories(directory.resolve("user-jars"));
        jar("user-jars/first.jar", "both.txt", "first", "driver.txt", "first");
        jar("user-jars/second.jar", "driver.txt", "second", "other.txt", "second");
        URL own = jar("job.jar", "both.txt", "job").toUri().toURL();
        SessionSpec spec = SessionSpec.newBuilder()
                .addUserJar(LibraryFile.newBuilder().setName("first.jar"))
                .addUserJar(LibraryFile.newBuilder().setName("second.jar"))
                .build();
        try (ProgramClassLoader job = new ProgramClassLoader(
                "job-1",
                List.of(own),
                ClassLoading.DEFAULT,
                ExecutorMain.parentOfPrograms(spec, ClassLoading.DEFAULT, directory))) {
            assertThat(content(job, "both.txt")).isEqualTo("job");
            assertThat(content(job, "driver.txt")).isEqualTo("first");
            assertThat(content(job, "other.txt")).isEqualTo("second");
            assertThat(job.loadClass(ExecutorMain.class.getName())).isSameAs(ExecutorMain.class);
        }
    }

    @Test
    void withoutAnyThereIsNoLoaderOfTheirs() throws Exception {
        assertThat(ExecutorMain.parentOfPrograms(SessionSpec.getDefaultInstance(), ClassLoading.DEFAULT, directory))
                .isSameAs(ExecutorMain.class.getClassLoader());
    }

    /** @param entries names and contents in turn */
    private Path jar(String name, String... entries) throws IOException {
        Path file = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out)) {
            for (int index = 0; index < entries.length; index += 2) {
                jar.putNextEntry(new JarEntry(entries[index]));
                jar.write(entries[index + 1].getBytes(StandardCharsets.UTF_8));
                jar.closeEntry();
            }
        }
        return file;
    }

    private static String content(ClassLoader loader, String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(loader.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
