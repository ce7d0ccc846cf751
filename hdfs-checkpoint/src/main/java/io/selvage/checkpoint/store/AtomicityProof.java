package io.selvage.checkpoint.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.FileAlreadyExistsException;

/**
 * Owned by the thread that starts it, which starts the racing threads and sees them end. A race between writers that
 * shows whether a file system lets exactly one of them win a path.
 *
 * <p>A race can only refute. A NameNode decides renames under its lock, so there a short race is a check that the
 * expected file system is mounted; any other store races far more often.
 */
final class AtomicityProof {
    static final int WRITERS = 8;
    static final int SLOTS_ON_HDFS = 3;
    static final int SLOTS_ELSEWHERE = 200;
    static final long RACE_LIMIT_SECONDS = 120;

    private final StoreFiles files;
    private final String directory;
    private final CyclicBarrier start = new CyclicBarrier(WRITERS);

    private AtomicityProof(StoreFiles files) {
        this.files = files;
        this.directory = ".proof-" + UUID.randomUUID();
    }

    static void run(StoreFiles files) throws IOException {
        AtomicityProof proof = new AtomicityProof(files);
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS, task -> {
            Thread thread = new Thread(task, "store-proof");
            thread.setDaemon(true);
            return thread;
        });
        try {
            proof.race(writers, files.decidedByNameNode() ? SLOTS_ON_HDFS : SLOTS_ELSEWHERE);
        } finally {
            writers.shutdownNow();
            files.delete(proof.directory);
        }
    }

    private void race(ExecutorService writers, int slots) throws IOException {
        List<Future<boolean[]>> racing = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            int me = writer;
            Callable<boolean[]> run = () -> write(me, slots);
            racing.add(writers.submit(run));
        }
        List<boolean[]> won = new ArrayList<>();
        for (Future<boolean[]> writer : racing) {
            won.add(await(writer));
        }
        for (int slot = 0; slot < slots; slot++) {
            judge(slot, won);
        }
    }

    private boolean[] write(int writer, int slots) throws IOException, InterruptedException, BrokenBarrierException {
        boolean[] won = new boolean[slots];
        for (int slot = 0; slot < slots; slot++) {
            String temporary = temporaryPath(writer, slot);
            // Empty, so that no DataNode takes part: the NameNode alone decides.
            files.create(temporary).close();
            start.await();
            try {
                files.renameNoReplace(temporary, slotPath(slot));
                won[slot] = true;
            } catch (FileAlreadyExistsException lost) {
                won[slot] = false;
            }
        }
        return won;
    }

    private void judge(int slot, List<boolean[]> won) throws IOException {
        int winners = 0;
        for (int writer = 0; writer < WRITERS; writer++) {
            boolean told = won.get(writer)[slot];
            boolean moved = files.status(temporaryPath(writer, slot)).isEmpty();
            if (told != moved) {
                throw refused("in a race of " + WRITERS + " writers for one file, a writer was told that it "
                        + (told ? "won, and its file was not moved" : "lost, and its file was moved"));
            }
            winners += told ? 1 : 0;
        }
        if (winners != 1) {
            throw refused("in a race of " + WRITERS + " writers for one file, " + winners + " were told that they won");
        }
    }

    private boolean[] await(Future<boolean[]> writer) throws IOException {
        try {
            return writer.get(RACE_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the store was being proved", e);
        } catch (TimeoutException e) {
            throw new IOException(
                    "The store at " + files.qualify("") + " did not finish a race of " + WRITERS + " writers within "
                            + RACE_LIMIT_SECONDS + " s; see whether it is in safe mode or overloaded, then try again.",
                    e);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(
                    "The store at " + files.qualify("") + " failed while it was being proved: " + cause.getMessage(),
                    cause);
        }
    }

    private StoreRefusedException refused(String seen) {
        return new StoreRefusedException("The store at " + files.qualify("") + " can't decide between two masters: "
                + seen + ". Set the state root to a directory of HDFS.");
    }

    private String slotPath(int slot) {
        return DurableStore.join(directory, "slot-" + slot);
    }

    private String temporaryPath(int writer, int slot) {
        return DurableStore.join(directory, "writer-" + writer + "-" + slot);
    }
}
