package io.selvage.protocol.process;

import io.selvage.protocol.wire.Deploy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives this node the archive of classes that it lacks, once the start of this process is over; owned by a thread of
 * its own, which mostly waits. It is fetched if there is one for this kind of virtual machine. Else one process of all
 * makes it, and leaves it for all nodes and later sessions. Whatever goes wrong is tried again, and costs later
 * containers time and nothing else.
 */
public final class ClassArchiveMaker implements Runnable {
    /** A process's start is over then; and mostly its first deployment, if it is so long ago. */
    static final long CALM_MILLIS = 10_000;
    /** A claim that is older is a dead process's. */
    static final long CLAIM_MILLIS = 240_000;

    /** More often it is left to others. */
    private static final int MOST_FAILURES = 2;

    private static final long POLL_MILLIS = 5_000;
    /** Of a session that has had no job for long. */
    private static final long LONGEST_POLL_MILLIS = 60_000;
    /** Whose list has it has loaded what jobs need: it has deployed one, or been told to. */
    private static final String LOADED_WITH_JOBS = Deploy.class.getName();

    private static final Logger LOG = LoggerFactory.getLogger(ClassArchiveMaker.class);

    private final ProcessRole role;
    private final Path archive;
    private final SharedClasses shared;
    private final String given;
    private final Path ownList;
    private final ArchiveHost host;

    private long waitedMillis;
    private long atWorkMillis = Long.MAX_VALUE; // When that was first seen; as waitedMillis.
    private boolean isListThere; // In HDFS, of this role.
    private int makingFailures;
    private boolean isWarned;

    /**
     * @param given the {@link ClassArchive#machine} for which the session has an archive; empty: it has none
     * @param containerBytes of memory, beyond which YARN kills this process together with those that it has started
     */
    public ClassArchiveMaker(
            ProcessRole role, ClassArchive archive, SharedClasses shared, String given, long containerBytes) {
        this(role, archive.path(), shared, given, ClassArchive.LIST, new ArchiveProcess(containerBytes));
    }

    ClassArchiveMaker(
            ProcessRole role, Path archive, SharedClasses shared, String given, Path ownList, ArchiveHost host) {
        this.role = role;
        this.archive = archive;
        this.shared = shared;
        this.given = given;
        this.ownList = ownList;
        this.host = host;
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
            Optional<String> machine = host.machine();
            boolean isDone = machine.isEmpty() || machine.get().equals(given) || Files.exists(archive);
            while (!isDone) {
                pause();
                isDone = tryOnce(machine.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException unreadable) {
            LOG.warn("No archive of classes comes to be here: {}", unreadable.toString());
        }
    }

    /** Many have started at the same moment. */
    private void pause() throws InterruptedException {
        long least = Math.min(Math.max(waitedMillis / 4, POLL_MILLIS), LONGEST_POLL_MILLIS);
        long millis = least + ThreadLocalRandom.current().nextLong(least / 2);
        host.sleep(millis);
        waitedMillis += millis;
    }

    private boolean tryOnce(String machine) throws InterruptedException {
        try {
            if (Files.exists(archive) || tryFetch(machine)) {
                return true;
            }
            offerList();
            boolean isWilling = makingFailures < MOST_FAILURES;
            if (isWilling && areListsThere() && host.hasRoom() && shared.tryClaim(machine, CLAIM_MILLIS)) {
                make(machine);
                return true;
            }
        } catch (IOException failed) {
            if (!isWarned) {
                LOG.warn(
                        "No archive of classes comes to be here now, so that containers start slower; it is tried again: {}",
                        failed.toString());
            }
            isWarned = true;
        }
        return false;
    }

    private void offerList() throws IOException {
        if (isListThere || !Files.exists(ownList)) {
            return;
        }
        byte[] list = wholeLines(Files.readAllBytes(ownList));
        if (atWorkMillis == Long.MAX_VALUE) {
            String text = new String(list, StandardCharsets.UTF_8);
            boolean isAtWork = ClassArchive.names(text.lines().toList()).contains(LOADED_WITH_JOBS);
            atWorkMillis = isAtWork ? waitedMillis : Long.MAX_VALUE;
        } else if (waitedMillis - atWorkMillis >= CALM_MILLIS) {
            shared.offerList(role, list);
            isListThere = true;
        }
    }

    private boolean areListsThere() throws IOException {
        for (ProcessRole each : ProcessRole.values()) {
            if (!(isListThere && each == role) && !shared.hasList(each)) {
                return false;
            }
        }
        return true;
    }

    private boolean tryFetch(String machine) throws IOException, InterruptedException {
        return shared.hasArchive(machine)
                && underLock(part -> {
                    boolean isFetched = shared.tryFetchArchive(machine, part);
                    if (isFetched) {
                        LOG.info(
                                "The archive of classes {} is fetched: containers of this session start sooner on this"
                                        + " node from now on.",
                                archive);
                    }
                    return isFetched;
                });
    }

    /** Whose claim it is. If it fails, the claim keeps others from the same for a while. */
    private void make(String machine) throws IOException, InterruptedException {
        makingFailures++;
        underLock(part -> {
            host.make(union(), part);
            return true;
        });
        shared.offerArchive(machine, archive);
    }

    @FunctionalInterface
    private interface Step {
        /** @return whether the part is there, and whole: it becomes the archive */
        boolean isWhole(Path part) throws IOException, InterruptedException;
    }

    /** By one process of the node at a time, and by none if the archive is there. */
    private boolean underLock(Step step) throws IOException, InterruptedException {
        Path lock = archive.resolveSibling(archive.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock(); // Until the channel is closed: of one that dies the next one has it.
            if (Files.exists(archive)) {
                return true;
            }
            // One that was killed may have left a process behind, which writes to a file of its own.
            Path part = archive.resolveSibling(
                    archive.getFileName() + "." + ProcessHandle.current().pid() + ".part");
            try {
                boolean isWhole = step.isWhole(part);
                if (isWhole) {
                    Files.move(part, archive, StandardCopyOption.ATOMIC_MOVE);
                }
                return isWhole;
            } finally {
                Files.deleteIfExists(part);
            }
        }
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
}
