package io.selvage.client.program;

import io.selvage.api.JobLauncher;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.failure.Causes;
import io.selvage.protocol.program.ClassConflict;
import io.selvage.protocol.program.ProgramClassLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs a program's {@code main} on the calling thread, which owns it. */
public final class Program {
    private final ProgramJar jar;
    private final List<String> arguments;

    public Program(ProgramJar jar, List<String> arguments) {
        this.jar = jar;
        this.arguments = List.copyOf(arguments);
    }

    public ProgramJar jar() {
        return jar;
    }

    /**
     * Runs {@code main} to its end.
     *
     * @param launcher takes each job that the program executes; what it throws comes out of here unchanged
     * @param loading of the program's classes
     * @param hadoopFolder is put before the jar, so that sources and sinks that look at their paths find the cluster
     * @return the ids of the jobs, at least one
     * @throws ClientException if the program throws, is no program, or executes no job
     */
    public List<String> run(JobLauncher launcher, ClassLoading loading, Path hadoopFolder) {
        List<String> jobs = new ArrayList<>();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (ProgramClassLoader loader = new ProgramClassLoader(
                jar.path().getFileName().toString(),
                List.of(hadoopFolder.toUri().toURL(), jar.path().toUri().toURL()),
                loading,
                Program.class.getClassLoader())) {
            thread.setContextClassLoader(loader);
            StreamEnvironment.install(new Recording(launcher, jobs));
            invoke(mainOf(loader));
        } catch (MalformedURLException impossible) {
            throw new UncheckedIOException(impossible);
        } catch (IOException unclosed) {
            throw new ClientException(
                    ExitCode.BAD_INPUT, jar.path() + " can't be read: " + unclosed.getMessage() + ".", unclosed);
        } finally {
            StreamEnvironment.install(null);
            thread.setContextClassLoader(before);
        }
        if (jobs.isEmpty()) {
            throw new ClientException(
                    ExitCode.PROGRAM_FAILED,
                    "The main of " + jar.mainClass() + " has ended without a job. End it with env.execute(\"name\").");
        }
        return jobs;
    }

    private Method mainOf(ClassLoader loader) {
        try {
            Class<?> type = Class.forName(jar.mainClass(), false, loader);
            Method main = type.getMethod("main", String[].class);
            if (!Modifier.isStatic(main.getModifiers()) || main.getReturnType() != void.class) {
                throw noMain();
            }
            return main;
        } catch (NoSuchMethodException absent) {
            throw noMain();
        } catch (ClassNotFoundException | LinkageError unloadable) {
            throw new ClientException(
                    ExitCode.PROGRAM_FAILED,
                    "The class " + jar.mainClass() + " can't be loaded: " + describe(unloadable)
                            + ". Does the jar hold every class that it needs, built for Java 17 or older?",
                    unloadable);
        }
    }

    private void invoke(Method main) {
        try {
            main.setAccessible(true);
            main.invoke(null, (Object) arguments.toArray(new String[0]));
        } catch (InvocationTargetException thrown) {
            Throwable cause = thrown.getCause();
            throw explained(cause == null ? thrown : cause);
        } catch (IllegalAccessException hidden) {
            throw noMain();
        }
    }

    private RuntimeException explained(Throwable thrown) {
        if (thrown instanceof ClientException | thrown instanceof ConfigException) {
            return (RuntimeException) thrown;
        }
        if (thrown instanceof InvalidProgramException invalid) {
            return new ClientException(ExitCode.BAD_INPUT, String.valueOf(invalid.getMessage()), invalid);
        }
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        StringBuilder message = new StringBuilder("The main of ")
                .append(jar.mainClass())
                .append(" has thrown an exception, and no job was started by it after that:\n  ")
                .append(describe(thrown));
        Causes.of(thrown.getCause())
                .forEach(cause -> message.append("\n  caused by ").append(describe(cause)));
        place(thrown).ifPresent(at -> message.append("\n  at ").append(at));
        ClassConflict.remedy(thrown, Thread.currentThread().getContextClassLoader())
                .ifPresent(remedy -> message.append('\n').append(remedy));
        message.append("\nMend the program, or its arguments; --verbose shows the whole stack.");
        return new ClientException(ExitCode.PROGRAM_FAILED, message.toString(), thrown);
    }

    /** Where in the program's own code it was thrown: the one line of the stack that nearly always suffices. */
    private Optional<String> place(Throwable thrown) {
        String loader = jar.path().getFileName().toString();
        for (StackTraceElement frame : thrown.getStackTrace()) {
            if (loader.equals(frame.getClassLoaderName())) {
                return Optional.of(frame.getClassName() + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                        + frame.getLineNumber() + ")");
            }
        }
        return Optional.empty();
    }

    private static String describe(Throwable thrown) {
        String message = thrown.getMessage();
        return thrown.getClass().getName() + (message == null ? "" : ": " + message);
    }

    private ClientException noMain() {
        return new ClientException(
                ExitCode.BAD_INPUT,
                "The class " + jar.mainClass()
                        + " has no \"public static void main(String[])\". Name the program's class with -c CLASS.");
    }

    /** Notes what was launched. */
    private record Recording(JobLauncher launcher, List<String> jobs) implements JobLauncher {
        @Override
        public int defaultParallelism() {
            return launcher.defaultParallelism();
        }

        @Override
        public int maxParallelism() {
            return launcher.maxParallelism();
        }

        @Override
        public boolean isRestored() {
            return launcher.isRestored();
        }

        @Override
        public String launch(JobGraph graph) {
            String job = launcher.launch(graph);
            jobs.add(job);
            return job;
        }
    }
}
