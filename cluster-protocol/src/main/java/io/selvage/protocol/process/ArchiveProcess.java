package io.selvage.protocol.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an archive of classes in a process of its own, at the lowest priority, within the memory of a container; owned
 * by one thread.
 */
final class ArchiveProcess implements ArchiveHost {
    /** One that has not come to an end is stopped. */
    static final long LIMIT_MILLIS = 180_000;
    /** What it takes, all in all. */
    static final long BYTES = 400L << 20;
    /** Far less than what YARN lets pass between two looks at a container's memory. */
    private static final long LOOK_MILLIS = 50;
    /** Options that a virtual machine takes from its environment: they are its user's, and an archive is for all. */
    private static final Set<String> OPTION_VARIABLES =
            Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    private static final Logger LOG = LoggerFactory.getLogger(ArchiveProcess.class);

    private final long containerBytes;
    private boolean isRefusalTold;

    /** @param containerBytes which YARN counts this process and its children against */
    ArchiveProcess(long containerBytes) {
        this.containerBytes = containerBytes;
    }

    @Override
    public Optional<String> machine() throws IOException {
        return ClassArchive.machine(libraries());
    }

    @Override
    public boolean hasRoom() throws IOException {
        long used = usedBytes();
        boolean isRoom = isRoomBeside(used);
        if (!isRoom && !isRefusalTold) {
            isRefusalTold = true;
            LOG.info(
                    "No archive of classes is made here, but waited for: {} MiB of this container's {} MiB are in use.",
                    used >> 20,
                    containerBytes >> 20);
        }
        return isRoom;
    }

    @Override
    public void make(byte[] list, Path target) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Path names = Files.write(Path.of("archived-" + ClassArchive.LIST), list);
        Files.deleteIfExists(target);
        ProcessBuilder builder = new ProcessBuilder(ClassArchive.command(target, names, libraries()))
                .redirectErrorStream(true)
                .redirectOutput(new File("archived-classes.log"));
        builder.environment().keySet().removeAll(OPTION_VARIABLES);
        Process process = builder.start();
        try {
            awaitEnd(process);
        } finally {
            process.destroyForcibly();
        }
        if (process.waitFor() != 0 || !Files.exists(target)) {
            throw new IOException("the process that makes it has ended with " + process.exitValue()
                    + "; what it said is in archived-classes.log of the container's working directory");
        }
        LOG.info(
                "An archive of classes of {} MiB is made, in {} ms: containers start sooner from now on.",
                Files.size(target) >> 20,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    }

    @Override
    public void sleep(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    private static String libraries() {
        return ContainerLayout.librariesOf(System.getProperty("java.class.path"));
    }

    /** What it takes counts as this container's: it makes way where this process comes to need that itself. */
    private void awaitEnd(Process process) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (!isRoomBeside(usedBytes()) || System.nanoTime() - deadline >= 0) {
                process.destroyForcibly();
            }
        }
    }

    private boolean isRoomBeside(long usedBytes) {
        return usedBytes + BYTES <= containerBytes;
    }

    /** By this process. */
    private static long usedBytes() throws IOException {
        return residentBytes(Files.readAllLines(Path.of("/proc/self/status")));
    }

    /** From the lines of /proc/self/status. */
    static long residentBytes(List<String> status) {
        for (String line : status) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return 0;
    }
}
