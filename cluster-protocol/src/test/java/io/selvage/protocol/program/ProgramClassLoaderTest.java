package io.selvage.protocol.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.base.Strings;
import io.selvage.protocol.config.ClassLoaderOrder;
import io.selvage.protocol.config.ClassLoading;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramClassLoaderTest {
    private static final ClassLoading CHILD_FIRST = ClassLoading.DEFAULT;
    private static final ClassLoading PARENT_FIRST = new ClassLoading(ClassLoaderOrder.PARENT_FIRST, List.of());
    private static final ClassLoader SELVAGE = ProgramClassLoaderTest.class.getClassLoader();
    private static final String STRINGS = "com.google.common.base.Strings";

    @TempDir
    static Path directory;

    private static Path jar;

    @BeforeAll
    static void compile() throws IOException {
        jar = OwnLibraries.jar(directory);
    }

    @Test
    void aProgramSeesItsOwnVersionsOfSelvagesLibraries() throws Exception {
        try (ProgramClassLoader loader = loader(CHILD_FIRST)) {
            assertThat(call(loader, "guava")).isEqualTo("the program's guava");
            assertThat(call(loader, "protobuf")).isEqualTo("the program's protobuf");
            // What it does not bring is Selvage's.
            assertThat(loader.loadClass("com.google.common.base.Joiner").getClassLoader())
                    .isSameAs(SELVAGE);
        }
    }

    @Test
    void whatMustBeSharedIsSelvagesAlthoughTheJarHasIt() throws Exception {
        try (ProgramClassLoader loader = loader(CHILD_FIRST)) {
            assertThat(loader.loadClass("org.slf4j.Logger")).isSameAs(org.slf4j.Logger.class);
            assertThat(loader.loadClass(ClassLoading.class.getName())).isSameAs(ClassLoading.class);
        }
    }

    @Test
    void withSelvageFirstAProgramSeesSelvagesVersionsAndItsOwnClasses() throws Exception {
        try (ProgramClassLoader loader = loader(PARENT_FIRST)) {
            assertThat(loader.loadClass(STRINGS)).isSameAs(Strings.class);
            assertThat(loader.loadClass("acme.Uses").getClassLoader()).isSameAs(loader);
        }
    }

    @Test
    void aPackageThatIsSetToBeSharedIsSelvages() throws Exception {
        ClassLoading loading = new ClassLoading(ClassLoaderOrder.CHILD_FIRST, List.of("com.google.common."));
        try (ProgramClassLoader loader = loader(loading)) {
            assertThat(loader.loadClass(STRINGS)).isSameAs(Strings.class);
            assertThat(call(loader, "protobuf")).isEqualTo("the program's protobuf");
        }
    }

    @Test
    void resourcesComeInTheOrderOfTheClasses() throws Exception {
        String name = "com/google/common/base/Strings.class";
        try (ProgramClassLoader childFirst = loader(CHILD_FIRST);
                ProgramClassLoader parentFirst = loader(PARENT_FIRST)) {
            assertThat(String.valueOf(childFirst.getResource(name))).contains("program.jar");
            assertThat(Collections.list(childFirst.getResources(name))).hasSize(2);
            assertThat(String.valueOf(parentFirst.getResource(name))).contains("guava");
            assertThat(Collections.list(parentFirst.getResources(name))).hasSize(2);
        }
    }

    /** Selvage's provider implements Selvage's interface, which is not the program's: mixed, they are an error. */
    @Test
    void theProvidersOfAServiceAreThoseOfTheLoaderThatHasTheService() throws Exception {
        Path folder = directory.resolve("selvage");
        Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(
                folder.resolve("META-INF/services/" + OwnLibraries.SERVICE), "com.google.common.base.Absent\n");
        try (URLClassLoader parent =
                        new URLClassLoader(new URL[] {folder.toUri().toURL()}, SELVAGE);
                ProgramClassLoader loader = loader(CHILD_FIRST, parent)) {
            List<ClassLoader> loaders = new ArrayList<>();
            for (Object provider : ServiceLoader.load(loader.loadClass(OwnLibraries.SERVICE), loader)) {
                loaders.add(provider.getClass().getClassLoader());
            }
            assertThat(loaders).containsExactly(loader);
        }
    }

    @Test
    void aMethodThatTheVersionLacksIsExplainedWithTheRemedy() throws Exception {
        try (ProgramClassLoader loader = loader(PARENT_FIRST)) {
            Throwable thrown = thrownBy(loader, "guava");
            assertThat(thrown).isInstanceOf(NoSuchMethodError.class);
            assertThat(ClassConflict.remedy(new IllegalStateException(thrown), loader))
                    .hasValueSatisfying(remedy -> assertThat(remedy)
                            .contains(
                                    "another version of " + STRINGS,
                                    "which is Selvage's",
                                    "set selvage.classloader.order=child-first"));
        }
        ClassLoading shared = new ClassLoading(ClassLoaderOrder.CHILD_FIRST, List.of("com.google.common."));
        try (ProgramClassLoader loader = loader(shared)) {
            assertThat(ClassConflict.remedy(thrownBy(loader, "guava"), loader))
                    .hasValueSatisfying(
                            remedy -> assertThat(remedy).contains("Build the program against that version."));
        }
    }

    @Test
    void aMethodThatTheProgramsOwnVersionLacksIsExplainedWithTheRemedy() throws Exception {
        try (ProgramClassLoader loader = loader(CHILD_FIRST)) {
            Error thrown = new NoSuchMethodError(
                    "'java.lang.String com.google.common.base.Strings.nullToEmpty(java.lang.String)'");
            assertThat(ClassConflict.remedy(thrown, loader))
                    .hasValueSatisfying(remedy -> assertThat(remedy)
                            .contains("another version of " + STRINGS, "in the program's jar", "dependency:tree"));
        }
    }

    @Test
    void aCastBetweenTwoClassesOfOneNameIsExplainedWithTheRemedy() throws Exception {
        try (ProgramClassLoader loader = loader(CHILD_FIRST);
                ProgramClassLoader other = loader(CHILD_FIRST)) {
            Object stranger = otherStrings(other);
            Throwable thrown = catchThrowable(() -> loader.loadClass("acme.Uses")
                    .getMethod("strings", Object.class)
                    .invoke(null, stranger));
            assertThat(thrown).hasCauseInstanceOf(ClassCastException.class);
            assertThat(ClassConflict.remedy(thrown, loader))
                    .hasValueSatisfying(remedy -> assertThat(remedy)
                            .contains(
                                    "has a class " + STRINGS,
                                    "selvage.classloader.shared-packages=com.google.common.base"));
        }
    }

    @Test
    void anOrdinaryFailureIsNoConflict() throws Exception {
        try (ProgramClassLoader loader = loader(CHILD_FIRST)) {
            Throwable cast = catchThrowable(() -> Integer.class.cast("text"));
            assertThat(ClassConflict.remedy(cast, loader)).isEmpty();
            assertThat(ClassConflict.remedy(new IllegalStateException("no breakfast"), loader))
                    .isEmpty();
            assertThat(ClassConflict.remedy(new NoSuchMethodError("'void a.B.c()'"), SELVAGE))
                    .isEmpty();
        }
    }

    private static Object otherStrings(ClassLoader other) throws ReflectiveOperationException {
        return other.loadClass(STRINGS).getConstructor().newInstance();
    }

    private static ProgramClassLoader loader(ClassLoading loading) throws IOException {
        return loader(loading, SELVAGE);
    }

    private static ProgramClassLoader loader(ClassLoading loading, ClassLoader parent) throws IOException {
        return new ProgramClassLoader("job-a", List.of(jar.toUri().toURL()), loading, parent);
    }

    private static Object call(ClassLoader loader, String method) throws ReflectiveOperationException {
        return loader.loadClass("acme.Uses").getMethod(method).invoke(null);
    }

    private static Throwable thrownBy(ClassLoader loader, String method) {
        Throwable wrapped = catchThrowable(() -> call(loader, method));
        assertThat(wrapped).isInstanceOf(InvocationTargetException.class);
        return Objects.requireNonNull(wrapped.getCause());
    }
}
