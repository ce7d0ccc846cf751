package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The files through which the background process of a cluster and the commands that start, watch and stop it speak:
 * written by the background process alone, but for its output.
 *
 * @param folder the base folder of the cluster
 */
record DaemonFiles(Path folder) {

    /** Where the background process says that the cluster can be used. */
    static final String READY = "ready";

    Path output() {
        return folder.resolve("daemon.out");
    }

    Optional<ProcessHandle> runningDaemon() throws IOException {
        return ProcessIdentity.read(processFile()).flatMap(ProcessIdentity::alive);
    }

    void writeProcess(ProcessIdentity process) throws IOException {
        replace(processFile(), process.toString());
    }

    /** The last step that the start reached; empty before the first. */
    Optional<String> progress() throws IOException {
        return Files.exists(progressFile()) ? Optional.of(Files.readString(progressFile())) : Optional.empty();
    }

    void writeProgress(String step) throws IOException {
        replace(progressFile(), step);
    }

    void forget() throws IOException {
        Files.deleteIfExists(progressFile());
        Files.deleteIfExists(processFile());
    }

    private Path processFile() {
        return folder.resolve("daemon.pid");
    }

    private Path progressFile() {
        return folder.resolve("daemon.progress");
    }

    private static void replace(Path file, String content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        Files.writeString(unfinished, content);
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
