package io.selvage.minicluster.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.journal.EpochOutcome;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.checkpoint.journal.JournalRecord;
import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryEntry;
import io.selvage.checkpoint.library.LibraryProgress;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.library.Published;
import io.selvage.checkpoint.orphan.ApplicationWord;
import io.selvage.checkpoint.orphan.Orphan;
import io.selvage.checkpoint.orphan.OrphanSearch;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.Patience;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

@Tag("own-cluster")
final class DurableStorageIT {
    private static final int WRITERS = 16;
    private static final int CLIENTS = 8;
    private static final String SESSION = "application_1_0001";
    /** A hundred take half a minute, most of it synced writes. */
    private static final int SLOTS = Integer.getInteger("selvage.race.slots", 25);

    private static final int APPENDS_AFTER_RESTARTS = 10;
    private static final Duration RESTART_LIMIT = Duration.ofMinutes(5);

    @TempDir
    private static java.nio.file.Path folder;

    private static MiniDFSCluster cluster;
    private static FileSystem hdfs;

    private Path root;
    private DurableStore store;

    @BeforeAll
    static void startHdfs() throws IOException {
        cluster = new MiniDFSCluster.Builder(
                        new HdfsConfiguration(), folder.resolve("hdfs").toFile())
                .numDataNodes(1)
                .build();
        cluster.waitActive();
        hdfs = cluster.getFileSystem();
    }

    @AfterAll
    static void stopHdfs() {
        cluster.shutdown();
    }

    @BeforeEach
    void openStore(TestInfo test) throws IOException {
        root = new Path("/state/" + test.getTestMethod().orElseThrow().getName());
        store = open();
    }

    @Test
    void sixteenWritersRaceForSlotsAndEachHasOneWinner() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        List<Future<List<Integer>>> racing = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            byte[] mine = ("writer " + writer).getBytes(StandardCharsets.UTF_8);
            DurableStore own = open();
            Callable<List<Integer>> race = () -> {
                List<Integer> won = new ArrayList<>();
                for (int slot = 0; slot < SLOTS; slot++) {
                    start.await();
                    if (own.putIfAbsent("race/" + slot, mine).kind() == PutOutcome.Kind.WON) {
                        won.add(slot);
                    }
                }
                return won;
            };
            racing.add(writers.submit(race));
        }
        int[] winners = new int[SLOTS];
        for (int writer = 0; writer < WRITERS; writer++) {
            for (int slot : racing.get(writer).get()) {
                winners[slot]++;
                assertThat(store.read("race/" + slot)).hasValue(("writer " + writer).getBytes(StandardCharsets.UTF_8));
            }
        }
        writers.shutdown();
        assertThat(winners).containsOnly(1);
        assertThat(hdfs.listStatus(new Path(root, "race")))
                .as("no temporary file is left")
                .hasSize(SLOTS);
    }

    @Test
    void hdfsIsProvedAndNothingOfTheProofIsLeft() throws IOException {

        store.proveAtomic();
        assertThat(hdfs.listStatus(root)).isEmpty();
    }

    @Test
    void whatIsWrittenIsTheOwnersAlone() throws IOException {
        store.putIfAbsent("a/b/slot", new byte[1]);
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, "a/c/data")) {
            writer.append(new byte[10]);
            writer.finish();
        }
        RemoteIterator<LocatedFileStatus> files = hdfs.listFiles(root, true);
        int seen = 0;
        while (files.hasNext()) {
            FileStatus file = files.next();
            assertThat(file.getPermission().toShort()).isEqualTo((short) 0600);
            assertThat(hdfs.getFileStatus(file.getPath().getParent())
                            .getPermission()
                            .toShort())
                    .isEqualTo((short) 0700);
            seen++;
        }
        assertThat(seen).isEqualTo(2);
        assertThat(hdfs.getFileStatus(root).getPermission().toShort()).isEqualTo((short) 0700);
    }

    @Test
    void aNewMasterFencesTheOldOneAndReadsItsRecordsThroughACompaction() throws IOException {
        Journal first = won(1);
        JournalTail tail = new JournalTail(open(), "journal", 1);
        for (int i = 0; i < 20; i++) {
            assertThat(first.append(bytes("record " + i))).isInstanceOf(JournalOutcome.Appended.class);
        }
        assertThat(tail.poll()).isEmpty();
        assertThat(first.snapshot(bytes("all"))).isInstanceOf(JournalOutcome.Appended.class);
        while (first.compact(4)) {
            // A few at a time.
        }
        assertThat(hdfs.listStatus(new Path(root, "journal"))).hasSize(1);
        Journal second = Journal.open(open(), "journal");
        EpochOutcome outcome = second.winEpoch(2, bytes("host-2"));
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        EpochOutcome.Won.class,
                        won -> assertThat(won.history())
                                .singleElement()
                                .satisfies(
                                        record -> assertThat(record.payload()).isEqualTo(bytes("all"))));
        assertThat(first.append(bytes("late"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(tail.poll())
                .hasValueSatisfying(leader -> assertThat(leader.payload()).isEqualTo(bytes("host-2")));
    }

    @Test
    void everyAcknowledgedRecordSurvivesRestartsOfTheNameNode() throws Exception {
        // As a master: whether a record is written that was on its way as the NameNode went is seen once it is back.
        store = store.with(Patience.of(RESTART_LIMIT));
        Journal journal = won(1);
        ExecutorService restarter = Executors.newSingleThreadExecutor();
        List<String> acknowledged = new ArrayList<>();
        acknowledged.add("host-1");
        Future<?> restarts = restarter.submit(() -> {
            cluster.restartNameNode(0, true);
            cluster.restartNameNode(0, true);
            return null;
        });
        int disturbed = 0;
        long deadline = System.nanoTime() + RESTART_LIMIT.toNanos();
        for (int after = 0, i = 0; after < APPENDS_AFTER_RESTARTS; i++) {
            assertThat(System.nanoTime()).as("the NameNode is back").isLessThan(deadline);
            boolean restarted = restarts.isDone();
            disturbed += restarted ? 0 : 1;
            JournalOutcome outcome = journal.append(bytes("record " + i));
            if (outcome instanceof JournalOutcome.Appended) {
                acknowledged.add("record " + i);
                after += restarted ? 1 : 0;
            } else {
                assertThat(outcome).as("record " + i).isInstanceOf(JournalOutcome.NotWritten.class);
            }
        }
        restarts.get();
        restarter.shutdown();
        assertThat(disturbed).as("appends during the restarts").isPositive();
        List<String> read = new ArrayList<>();
        for (JournalRecord record : Journal.open(open(), "journal").records()) {
            read.add(new String(record.payload(), StandardCharsets.UTF_8));
        }
        assertThat(read).isEqualTo(acknowledged);
    }

    @Test
    void segmentsAreReadBackAndADamagedOneIsNamed() throws IOException {
        CheckpointLayout layout = CheckpointLayout.of("application_1_0001", new JobId("job-a"));
        String path = layout.dataFile(new CheckpointId(1), new ExecutorId("container_1"), new Incarnation(1));
        SegmentHandle first;
        SegmentHandle second;
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
            first = writer.append(bytes("first"));
            second = writer.append(new byte[3 * 1024 * 1024]);
            writer.finish();
        }
        SegmentReader reader = new SegmentReader(open());
        assertThat(first.file()).startsWith("hdfs://");
        assertThat(reader.read(first)).isEqualTo(bytes("first"));
        assertThat(reader.read(second)).hasSize(3 * 1024 * 1024);
        SegmentHandle beyond = new SegmentHandle(second.file(), second.offset() + second.length() + 9, 4, 0);
        assertThatThrownBy(() -> reader.read(beyond))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining("0 bytes are left");
        SegmentHandle wrong = new SegmentHandle(first.file(), first.offset(), 5, first.crc32c() + 1);
        assertThatThrownBy(() -> reader.read(wrong)).isInstanceOf(SegmentDamagedException.class);
        hdfs.delete(new Path(first.file()), false);
        assertThatThrownBy(() -> reader.read(first)).hasMessageContaining("is missing");
    }

    @Test
    void aSecondPublicationUploadsNothingAndTheEntryIsWhatYarnWillCheck(@TempDir java.nio.file.Path local)
            throws IOException {
        List<java.nio.file.Path> jars = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            java.nio.file.Path jar = local.resolve("lib-" + i + ".jar");
            Files.write(jar, new byte[100_000 + i]);
            jars.add(jar);
        }
        HashCache hashes = HashCache.open(local.resolve("hashes"));
        Published first = new LibraryStore(store, hashes, SESSION).publishAll(jars, LibraryProgress.SILENT);
        Published second = new LibraryStore(open(), hashes, SESSION).publishAll(jars, LibraryProgress.SILENT);
        assertThat(first.uploaded()).isEqualTo(6);
        assertThat(second.uploaded()).isZero();
        assertThat(second.entries()).isEqualTo(first.entries());
        for (LibraryEntry entry : first.entries()) {
            FileStatus status = hdfs.getFileStatus(new Path(entry.path()));
            assertThat(status.getLen()).isEqualTo(entry.length());
            assertThat(status.getModificationTime()).isEqualTo(entry.modificationTimeMillis());
        }
    }

    @Test
    void aLibraryThatNobodyHasTakenForAWeekIsSweptUnlessSomebodyTakesItMeanwhile(@TempDir java.nio.file.Path local)
            throws IOException {
        List<java.nio.file.Path> jars = new ArrayList<>();
        for (String name : List.of("left.jar", "taken.jar")) {
            jars.add(Files.write(local.resolve(name), name.getBytes(StandardCharsets.UTF_8)));
        }
        HashCache hashes = HashCache.open(local.resolve("hashes"));
        List<LibraryEntry> published = new LibraryStore(store, hashes, SESSION)
                .publishAll(jars, LibraryProgress.SILENT)
                .entries();
        assertThat(store.isOpenToOthers("libraries")).isFalse();
        long longAgoMillis = store.nowMillis() - Duration.ofDays(8).toMillis();
        for (LibraryEntry entry : published) {
            Path library = new Path(entry.path());
            for (Path each : List.of(library, new Path(library.getParent(), ".selvage-used"))) {
                hdfs.setTimes(each, longAgoMillis, -1);
            }
        }
        OrphanSearch search = new OrphanSearch(store, application -> ApplicationWord.UNKNOWN);
        List<Orphan> orphans = search.find().orphans();
        assertThat(orphans)
                .extracting(Orphan::path)
                .containsExactlyInAnyOrderElementsOf(published.stream()
                        .map(entry -> new Path(entry.path()).getParent().toString())
                        .toList());

        LibraryEntry taken = new LibraryStore(open(), hashes, SESSION).publish(jars.get(1));
        assertThat(taken.modificationTimeMillis())
                .as("YARN is told of it as it was")
                .isEqualTo(longAgoMillis);
        for (Orphan orphan : orphans) {
            assertThat(search.delete(orphan))
                    .isEqualTo(orphan.path().endsWith(published.get(0).sha256()));
        }
        assertThat(hdfs.exists(new Path(published.get(0).path()).getParent())).isFalse();
        assertThat(hdfs.getFileStatus(new Path(taken.path())).getModificationTime())
                .isEqualTo(longAgoMillis);
        assertThat(new LibraryStore(open(), hashes, SESSION)
                        .publishAll(jars, LibraryProgress.SILENT)
                        .uploaded())
                .as("what was swept is put there again")
                .isEqualTo(1);
    }

    /** One more has stopped in the midst of it, with its file open, as one whose process was killed. */
    @Test
    void ofEightClientsThatUploadTheSameAtOnceEachGetsTheOneWholeFile(@TempDir java.nio.file.Path local)
            throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(4711).nextBytes(content);
        java.nio.file.Path jar = Files.write(local.resolve("app.jar"), content);
        String directory =
                "libraries/" + HashCache.open(local.resolve("hashes")).sha256(jar);
        CountDownLatch midway = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS + 1);
        DurableStore stopped = open();
        Future<PutOutcome> never = clients.submit(() -> stopped.putContent(directory + "/app.jar", out -> {
            out.write(content, 0, content.length / 2);
            out.flush();
            midway.countDown();
            try {
                over.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("it is no more");
        }));
        try {
            assertThat(midway.await(60, TimeUnit.SECONDS)).isTrue();
            CyclicBarrier start = new CyclicBarrier(CLIENTS);
            List<Future<Published>> publishing = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                LibraryStore library =
                        new LibraryStore(open(), HashCache.open(local.resolve("hashes-" + client)), SESSION);
                publishing.add(clients.submit(() -> {
                    start.await();
                    return library.publishAll(List.of(jar), LibraryProgress.SILENT);
                }));
            }
            List<Published> published = new ArrayList<>();
            for (Future<Published> each : publishing) {
                published.add(each.get());
            }
            assertThat(published.stream().mapToInt(Published::uploaded).sum()).isEqualTo(1);
            assertThat(published.stream()
                            .flatMap(each -> each.entries().stream())
                            .distinct())
                    .as("with the time by which YARN checks it")
                    .hasSize(1);
            assertThat(store.read(directory + "/app.jar")).hasValue(content);
            assertThat(store.list(directory)).hasSize(1);
            assertThat(store.temporaries(directory))
                    .as("of the one that has stopped")
                    .hasSize(1);
        } finally {
            over.countDown();
            clients.shutdown();
        }
        assertThat(never.get().kind()).isEqualTo(PutOutcome.Kind.NOT_WRITTEN);
        assertThat(store.temporaries(directory)).isEmpty();
    }

    private Journal won(long epoch) throws IOException {
        Journal journal = Journal.open(store, "journal");
        assertThat(journal.winEpoch(epoch, bytes("host-" + epoch))).isInstanceOf(EpochOutcome.Won.class);
        return journal;
    }

    private DurableStore open() throws IOException {
        return DurableStore.open(hdfs.makeQualified(root), hdfs.getConf());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
