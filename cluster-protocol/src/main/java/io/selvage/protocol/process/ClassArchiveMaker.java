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
 * Gives this node the archive of classes that it lacks, once the start of this process is over; owned by a thread of
 * its own, which mostly waits. It is fetched if there is one for this kind of virtual machine, else made here, and left
 * for all nodes and later sessions. The work is done by another process at the lowest priority. Whatever goes wrong
 * costs later containers time and nothing else.
 */
public final class ClassArchiveMaker implements Runnable {
    /** A process's start, and mostly its first deployment, are over then. */
    static final long CALM_MILLIS = 10_000;
    /** So long the lists of other roles are waited for: one archive is for all. */
    static final long LISTS_MILLIS = 30_000;
    /**
     * So long one is waited for that another process has begun with: it lives no more, or lacks time, if it takes
     * longer.
     */
    static final long CLAIM_MILLIS = 240_000;
    /** So long another node's archive is waited for where none can be made. */
    static final long FETCH_MILLIS = 600_000;
    /** A process that has not come to an end is stopped. */
    static final long MAKING_LIMIT_MILLIS = 180_000;
    /** What the making process takes, all in all. */
    static final long MAKING_BYTES = 400L << 20;

    private static final long POLL_MILLIS = 5_000;
    /** Of a session that has had no job for long. */
    private static final long LONGEST_POLL_MILLIS = 60_000;
    /** Far less than what YARN lets pass between two looks at a container's memory. */
    private static final long LOOK_MILLIS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(ClassArchiveMaker.class);

    private final ProcessRole role;
    private final ClassArchive archive;
    private final SharedClasses shared;
    private final String given;
    private final long containerBytes;

    /**
     * @param given the {@link ClassArchive#machine} for which the session has an archive; empty: it has none
     * @param containerBytes of memory, beyond which YARN kills this process together with those that it has started
     */
    public ClassArchiveMaker(
            ProcessRole role, ClassArchive archive, SharedClasses shared, String given, long containerBytes) {
        this.role = role;
        this.archive = archive;
        this.shared = shared;
        this.given = given;
        this.containerBytes = containerBytes;
    }

    /** Starts its thread. */
    public void start() {
        Thread thread = new Thread(this, "class-archive");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    @Override
    public void run() {
        try {
            String machine = ClassArchive.machine();
            if (machine.equals(given) || Files.exists(archive.path())) {
                return;
            }
            bring(machine);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException failed) {
            LOG.warn("No archive of classes comes to be here, so that containers start slower: {}", failed.toString());
        }
    }

    private void bring(String machine) throws IOException, InterruptedException {
        long beginNanos = System.nanoTime();
        long waitedMillis = 0;
        boolean isRefused = false;
        do {
            TimeUnit.MILLISECONDS.sleep(Math.min(Math.max(waitedMillis / 4, POLL_MILLIS), LONGEST_POLL_MILLIS));
            waitedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
            if (tryFetch(machine)) {
                return;
            }
            if (!isRefused && waitedMillis >= CALM_MILLIS) {
                boolean isForAll = areListsComplete();
                if (isForAll || role == ProcessRole.EXECUTOR && waitedMillis >= LISTS_MILLIS) {
                    isRefused = !isRoom();
                    boolean isOurs = !isForAll || waitedMillis >= CLAIM_MILLIS;
                    if (!isRefused && (isOurs || shared.tryClaim(machine))) {
                        makeAlone(machine, isForAll);
                        return;
                    }
                }
            }
        } while (!isRefused || waitedMillis < FETCH_MILLIS);
    }

    /** A master has loaded what it needs for jobs once there are executors: it leaves its list after them. */
    private boolean areListsComplete() throws IOException {
        boolean isComplete = true;
        for (ProcessRole other : ProcessRole.values()) {
            isComplete &= other == role || shared.findList(other).isPresent();
        }
        if ((isComplete || role == ProcessRole.EXECUTOR) && Files.exists(ClassArchive.LIST)) {
            shared.offerList(role, wholeLines(Files.readAllBytes(ClassArchive.LIST)));
        }
        return isComplete;
    }

    @FunctionalInterface
    private interface Step {
        boolean isDone() throws IOException, InterruptedException;
    }

    /** By one process of the node at a time, and by none if the archive is there. */
    private boolean alone(Step step) throws IOException, InterruptedException {
        Path lock = archive.path().resolveSibling(archive.path().getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock(); // Until the channel is closed: of one that dies the next one has it.
            return Files.exists(archive.path()) || step.isDone();
        }
    }

    /** One that was killed may have left a process behind, which writes to a file of its own. */
    private Path part() {
        return archive.path()
                .resolveSibling(archive.path().getFileName() + "."
                        + ProcessHandle.current().pid() + ".part");
    }

    private boolean tryFetch(String machine) throws IOException, InterruptedException {
        return alone(() -> {
            Path target = part();
            try {
                if (!shared.tryFetchArchive(machine, target)) {
                    return false;
                }
                Files.move(target, archive.path(), StandardCopyOption.ATOMIC_MOVE);
                LOG.info(
                        "The archive of classes {} is fetched: containers of this session start sooner on this node"
                                + " from now on.",
                        archive.path());
                return true;
            } finally {
                Files.deleteIfExists(target);
            }
        });
    }

    private boolean isRoom() throws IOException {
        long used = usedBytes();
        if (isRoomBeside(used)) {
            return true;
        }
        LOG.info(
                "No archive of classes is made here: {} MiB of this container's {} MiB are in use.",
                used >> 20,
                containerBytes >> 20);
        return false;
    }

    /** @param isForAll whether what is made has the classes of all roles, which other nodes and sessions are to have */
    private void makeAlone(String machine, boolean isForAll) throws IOException, InterruptedException {
        alone(() -> {
            Path target = part();
            try {
                make(target);
            } finally {
                Files.deleteIfExists(target);
            }
            if (isForAll) {
                shared.offerArchive(machine, archive.path());
            }
            return true;
        });
    }

    private void make(Path target) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        Path union = Path.of("archived-" + ClassArchive.LIST);
        Files.write(union, union());
        Files.deleteIfExists(target);
        String classPath = ContainerLayout.librariesOf(System.getProperty("java.class.path"));
        Process process = new ProcessBuilder(ClassArchive.command(target, union, classPath))
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
            Optional<byte[]> list = shared.findList(each);
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
