package io.selvage.client.deploy;

import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Nearest;
import io.selvage.protocol.process.ContainerLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's files that a session gives to its processes, all of which could be read; immutable. Paths are absolute,
 * and no two of a kind have one name.
 */
public record Shipment(List<Path> files, List<Path> folders, List<Path> jars) {
    public Shipment {
        files = List.copyOf(files);
        folders = List.copyOf(folders);
        jars = List.copyOf(jars);
    }

    public boolean isEmpty() {
        return files.isEmpty() && folders.isEmpty() && jars.isEmpty();
    }

    /** @throws ClientException with {@code BAD_INPUT} and the first of them that can't be shipped */
    public static Shipment of(ApplicationConfig application) {
        List<Path> files = new ArrayList<>();
        List<Path> folders = new ArrayList<>();
        Map<String, Path> names = new HashMap<>();
        for (String text : application.shippedPaths()) {
            Path path = existing(text, ApplicationConfig.SHIPPED_PATHS);
            String name = name(path, names, ApplicationConfig.SHIPPED_PATHS);
            if (ContainerLayout.isTaken(name)) {
                throw bad(path + " can't be shipped: the name \"" + name
                        + "\" is taken in the working directories of the session's processes. Give it another one.");
            }
            if (Files.isDirectory(path)) {
                checkFolder(path);
                folders.add(path);
            } else {
                checkName(path);
                checkReadable(path);
                files.add(path);
            }
        }
        List<Path> jars = new ArrayList<>();
        Map<String, Path> jarNames = new HashMap<>();
        for (String text : application.userJars()) {
            Path path = existing(text, ApplicationConfig.USER_JARS);
            name(path, jarNames, ApplicationConfig.USER_JARS);
            if (Files.isDirectory(path)) {
                throw bad(path + " is a folder. Name each of its jars with -j.");
            }
            checkName(path);
            checkReadable(path);
            checkJar(path);
            jars.add(path);
        }
        return new Shipment(files, folders, jars);
    }

    private static Path existing(String text, ConfigKey<?> key) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        if (!Files.exists(path)) {
            throw bad("There is no file " + path + " (" + key.name() + ")." + sibling(path));
        }
        return path;
    }

    private static String sibling(Path path) {
        @Nullable Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            return parent == null ? "" : " There is no folder " + parent + " either.";
        }
        try (Stream<Path> files = Files.list(parent)) {
            return Nearest.of(
                            path.getFileName().toString(),
                            files.map(file -> file.getFileName().toString()).toList())
                    .map(name -> " Did you mean " + parent.resolve(name) + "?")
                    .orElse(" Name one that is on this host.");
        } catch (IOException | UncheckedIOException unreadable) {
            return " Name one that is on this host.";
        }
    }

    private static String name(Path path, Map<String, Path> names, ConfigKey<?> key) {
        @Nullable Path last = path.getFileName();
        if (last == null) {
            throw bad(path + " has no name and can't be shipped. Name a file or folder below it.");
        }
        @Nullable Path other = names.putIfAbsent(last.toString(), path);
        if (other != null) {
            throw bad(path + " and " + other + " have one name (" + key.name()
                    + "), and only one of them can have it on a node. Rename one.");
        }
        return last.toString();
    }

    private static void checkFolder(Path folder) {
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            boolean isEmpty = true;
            for (Path file : (Iterable<Path>) all::iterator) {
                if (!Files.isDirectory(file)) {
                    checkReadable(file);
                    isEmpty = false;
                }
            }
            if (isEmpty) {
                throw bad("The folder " + folder + " holds no file, so there is nothing to ship.");
            }
        } catch (IOException | UncheckedIOException unreadable) {
            Throwable cause = unreadable instanceof UncheckedIOException ? unreadable.getCause() : unreadable;
            String reason = cause instanceof FileSystemLoopException
                    ? "a link in it leads back to " + cause.getMessage()
                    : String.valueOf(cause);
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "The folder " + folder + " can't be shipped: " + reason
                            + ". Ship what you may read, without loops.",
                    unreadable);
        }
    }

    private static void checkName(Path file) {
        if (LibraryStore.isTaken(String.valueOf(file.getFileName()))) {
            throw bad(file + " can't be shipped: " + LibraryStore.WHY_TAKEN);
        }
    }

    private static void checkReadable(Path file) {
        if (!Files.isRegularFile(file)) {
            throw bad(file + " is no regular file, and only these can be shipped.");
        }
        if (!Files.isReadable(file)) {
            throw bad("The file " + file + " can't be read by you, and so not be shipped. Change its permissions, or"
                    + " leave it out.");
        }
    }

    private static void checkJar(Path file) {
        try (JarFile jar = new JarFile(file.toFile(), false)) {
            jar.size();
        } catch (IOException damaged) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    file + " is not a jar (" + ApplicationConfig.USER_JARS.name() + "). Ship other files with -t: "
                            + damaged.getMessage() + ".",
                    damaged);
        }
    }

    private static ClientException bad(String message) {
        return new ClientException(ExitCode.BAD_INPUT, message);
    }
}
