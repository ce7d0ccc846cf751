package io.selvage.protocol.process;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the archive of classes of this node, once, when the start of this process is over; owned by a thread of its
 * own, which mostly waits. The work is done by another process at the lowest priority. Whatever goes wrong costs later
 * containers time and nothing else.
 */
public final class ClassArchiveMaker implements Runnable {
    /** A process's start, and mostly its first deployment, are over then. */
    static final long CALM_MILLIS = 10_000;
    /** So long the lists of other roles are waited for: one archive is for all. */
    static final long LISTS_MILLIS = 30_000;
    /** A process that has not come to an end is stopped. */
    static final long MAKING_LIMIT_MILLIS = 180_000;
    /** What the making process takes, all in all. */
    static final long MAKING_BYTES = 400L << 20;

    private static final long POLL_MILLIS = 5_000;
    /** Far less than what YARN lets pass between two looks at a container's memory. */
    private static final long LOOK_MILLIS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(ClassArchiveMaker.class);

    private final ProcessRole role;
    private final ClassArchive archive;
    private final SharedClassLists lists;
    private final long containerBytes;

    /** @param containerBytes of memory, beyond which YARN kills this process together with those that it has started */
    public ClassArchiveMaker(ProcessRole role, ClassArchive archive, SharedClassLists lists, long containerBytes) {
        this.role = role;
        this.archive = archive;
        this.lists = lists;
        this.containerBytes = containerBytes;
    }

    /** Starts its thread, if there is no archive yet. */
    public void start() {
        if (!Files.exists(ClassArchive.LIST)) {
            return;
        }
        Thread thread = new Thread(this, "class-archive");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    @Override
    public void run() {
        try {
            TimeUnit.MILLISECONDS.sleep(CALM_MILLIS);
            lists.offer(role, wholeLines(Files.readAllBytes(ClassArchive.LIST)));
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LISTS_MILLIS);
            while (!areComplete() && System.nanoTime() - deadline < 0) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
            makeOnce();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException failed) {
            LOG.warn("No archive of classes is made here, so that containers start slower: {}", failed.toString());
        }
    }

    private boolean areComplete() throws IOException {
        for (ProcessRole other : ProcessRole.values()) {
            if (lists.find(other).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private void makeOnce() throws IOException, InterruptedException {
        Path lock = archive.path().resolveSibling(archive.path().getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock(); // Until the channel is closed: of a maker that dies the next one has it.
            if (Files.exists(archive.path())) {
                return;
            }
            long used = usedBytes();
            if (!isRoomBeside(used)) {
                LOG.info(
                        "No archive of classes is made here: {} MiB of this container's {} MiB are in use.",
                        used >> 20,
                        containerBytes >> 20);
                return;
            }
            // A maker that was killed may have left the making process behind, which writes to a file of its own.
            Path target = archive.path()
                    .resolveSibling(archive.path().getFileName() + "."
                            + ProcessHandle.current().pid() + ".part");
            try {
                make(target);
            } finally {
                Files.deleteIfExists(target);
            }
        }
    }

    private void make(Path target) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Path union = Path.of("archived-" + ClassArchive.LIST);
        Files.write(union, union());
        Files.deleteIfExists(target);
        Process process = new ProcessBuilder(archive.command(target, union))
                .redirectErrorStream(true)
                .redirectOutput(new File("archived-classes.log"))
                .start();
        awaitEnd(process);
        if (process.waitFor() != 0 || !Files.exists(target)) {
            throw new IOException("the process that makes it has ended with " + process.exitValue()
                    + "; what it said is in archived-classes.log of the container's working directory");
        }
        Files.move(target, archive.path(), StandardCopyOption.ATOMIC_MOVE);
        LOG.info(
                "The archive of classes {} of {} MiB is made, in {} ms: containers of this session start sooner on this"
                        + " node from now on.",
                archive.path(),
                Files.size(archive.path()) >> 20,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    }

    /** What it takes counts as this container's: it makes way where this process comes to need that itself. */
    private void awaitEnd(Process process) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MAKING_LIMIT_MILLIS);
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (!isRoomBeside(usedBytes()) || System.nanoTime() - deadline >= 0) {
                process.destroyForcibly();
            }
        }
    }

    private boolean isRoomBeside(long usedBytes) {
        return usedBytes + MAKING_BYTES <= containerBytes;
    }

    /** By this process. */
    private static long usedBytes() throws IOException {
        return residentBytes(Files.readAllLines(Path.of("/proc/self/status")));
    }

    private byte[] union() throws IOException {
        ByteArrayOutputStream union = new ByteArrayOutputStream();
        for (ProcessRole each : ProcessRole.values()) {
            Optional<byte[]> list = lists.find(each);
            if (list.isPresent()) {
                union.writeBytes(list.get());
            }
        }
        return union.toByteArray();
    }

    /** The virtual machine writes its list as it goes, and may be in the middle of a line. */
    static byte[] wholeLines(byte[] list) {
        int end = list.length;
        while (end > 0 && list[end - 1] != '\n') {
            end--;
        }
        return Arrays.copyOf(list, end);
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
