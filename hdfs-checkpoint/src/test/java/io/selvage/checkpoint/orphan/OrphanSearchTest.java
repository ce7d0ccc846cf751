package io.selvage.checkpoint.orphan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import io.selvage.checkpoint.journal.EpochOutcome;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryEntry;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JobEnded;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SessionSpec;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test lays out what masters, executors and clients leave, lets time pass, and says what may go. */
final class OrphanSearchTest {
    private static final String APPLICATION = "application_1_0001";
    private static final String OTHER = "application_1_0002";
    private static final JobId JOB = new JobId("job-a");
    private static final JobId OTHER_JOB = new JobId("job-b");

    @TempDir
    private Path root;

    private DurableStore store;
    private final Map<String, ApplicationWord> words =
            new HashMap<>(Map.of(APPLICATION, ApplicationWord.LIVING, OTHER, ApplicationWord.LIVING));
    private final Map<String, Journal> journals = new HashMap<>();

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
    }

    // ---- what masters leave --------------------------------------------------------------------------------------

    private void record(String application, JournalRecord.Builder said) throws IOException {
        Journal journal = journals.get(application);
        if (journal == null) {
            journal = Journal.open(store, CheckpointLayout.journalDirectory(application));
            byte[] epoch = EpochStarted.newBuilder().setEpoch(1).build().toByteArray();
            assertThat(journal.winEpoch(1, epoch)).isInstanceOf(EpochOutcome.Won.class);
            journals.put(application, journal);
        }
        assertThat(journal.append(said.build().toByteArray())).isInstanceOf(JournalOutcome.Appended.class);
    }

    private void submit(String application, JobId job, Map<String, String> settings) throws IOException {
        submit(application, job, settings, "");
    }

    private void submit(String application, JobId job, Map<String, String> settings, String from) throws IOException {
        put(application + "/" + job + "/graph.pb");
        JobSubmitted.Builder submitted =
                JobSubmitted.newBuilder().setJobId(job.value()).putAllSettings(settings);
        if (!from.isEmpty()) {
            submitted.setRestoredFrom(
                    RestoredFrom.newBuilder().setMetadataPath(from).setCheckpoint(1));
        }
        record(application, JournalRecord.newBuilder().setJobSubmitted(submitted));
    }

    private void end(String application, JobId job, JobOutcome outcome) throws IOException {
        record(
                application,
                JournalRecord.newBuilder()
                        .setJobEnded(JobEnded.newBuilder()
                                .setJobId(job.value())
                                .setOutcome(outcome)
                                .setTimeMillis(1)));
    }

    /** Of which a file is in its own directory, and one in that of each other. Answers its metadata's file. */
    private String write(String application, JobId job, long number, long... references) throws IOException {
        CheckpointLayout layout = CheckpointLayout.of(application, job);
        OperatorSnapshot.Builder operator = OperatorSnapshot.newBuilder().setParallelism(1);
        for (long reference : references) {
            operator.addKeyedState(segment(layout, reference));
        }
        operator.addKeyedState(segment(layout, number));
        put(file(layout, number));
        return new CheckpointStore(store)
                .writeMetadata(
                        layout,
                        CheckpointMetadata.newBuilder()
                                .setFormat(1)
                                .setJobId(job.value())
                                .setCheckpoint(number)
                                .setIncarnation(1)
                                .setEpoch(1)
                                .setMaxParallelism(128)
                                .addSubtasks(SubtaskSnapshot.newBuilder().addOperators(operator))
                                .build());
    }

    private Segment segment(CheckpointLayout layout, long number) {
        return Segment.newBuilder()
                .setFile(store.qualify(file(layout, number)))
                .setLength(4)
                .setCheckpoint(number)
                .build();
    }

    private static String file(CheckpointLayout layout, long number) {
        return layout.checkpointDirectory(new CheckpointId(number)) + "/container_1-1.data";
    }

    private String complete(String application, JobId job, long number, long... references) throws IOException {
        String metadata = write(application, job, number, references);
        CheckpointCompleted.Builder completed = CheckpointCompleted.newBuilder()
                .setJobId(job.value())
                .setCheckpoint(number)
                .setIncarnation(1)
                .setMetadataPath(metadata);
        for (long reference : references) {
            completed.addReferences(reference);
        }
        record(application, JournalRecord.newBuilder().setCheckpointCompleted(completed));
        return metadata;
    }

    private void put(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[4]);
    }

    private void pass(Duration time) throws IOException {
        pass(root, time);
    }

    private void pass(Path below, Duration time) throws IOException {
        try (Stream<Path> all = Files.walk(below)) {
            for (Path each : all.toList()) {
                long before = Files.getLastModifiedTime(each).toMillis();
                Files.setLastModifiedTime(each, FileTime.fromMillis(before - time.toMillis()));
            }
        }
    }

    // ---- what is found -------------------------------------------------------------------------------------------

    private OrphanSearch search() {
        return new OrphanSearch(store, application -> words.getOrDefault(application, ApplicationWord.UNKNOWN));
    }

    /** Below the state root. */
    private List<String> found() throws IOException {
        int rootLength = store.qualify("a").length() - 1;
        return search().find().orphans().stream()
                .map(orphan -> orphan.path().substring(rootLength))
                .toList();
    }

    private static String directory(JobId job, long number) {
        return CheckpointLayout.of(APPLICATION, job).checkpointDirectory(new CheckpointId(number));
    }

    @Test
    void whatALivingMasterIsWritingIsNeverNamedHoweverOldItLooks() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 3);
        write(APPLICATION, JOB, 4); // Stored, and its record on its way.
        put(directory(JOB, 5) + "/container_1-1.data"); // Being written.
        submit(APPLICATION, OTHER_JOB, Map.of());
        put(directory(OTHER_JOB, 1) + "/container_1-1.data"); // Its first one.
        put(APPLICATION + "/watchdog/1-alive");
        pass(Duration.ofDays(3));
        assertThat(found()).isEmpty();
    }

    @Test
    void whatTheMastersSweepHasLeftIsNamedOnceItIsOld() throws Exception {
        submit(APPLICATION, JOB, Map.of("selvage.checkpoint.retained", "2"));
        complete(APPLICATION, JOB, 2);
        complete(APPLICATION, JOB, 3);
        put(directory(JOB, 4) + "/container_1-1.data"); // Aborted.
        complete(APPLICATION, JOB, 5, 2);
        complete(APPLICATION, JOB, 6);
        assertThat(found()).isEmpty();
        pass(Duration.ofMinutes(59));
        assertThat(found()).isEmpty();
        pass(Duration.ofMinutes(2));
        assertThat(found())
                .as("5 and 6 are retained, and 5 builds on 2")
                .containsExactly(directory(JOB, 3), directory(JOB, 4));
    }

    @Test
    void aFileInADirectoryThatIsKeptIsLeftToALivingMasterAndNamedOnceItHasFailed() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 2);
        put(directory(JOB, 2) + "/container_9-1.data");
        complete(APPLICATION, JOB, 3, 2);
        put(directory(JOB, 4) + "/container_1-2.data");
        pass(Duration.ofHours(2));
        assertThat(found()).isEmpty();
        words.put(APPLICATION, ApplicationWord.FAILED);
        assertThat(found())
                .as("nobody completes 4, and no checkpoint names the other file")
                .containsExactly(directory(JOB, 2) + "/container_9-1.data", directory(JOB, 4));
    }

    @Test
    void aRecordOnItsWayToTheJournalIsNotNamedAndOneThatWasGivenUpIs() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        put(APPLICATION + "/journal/.0000000000000003.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp");
        put("libraries/abc/.a.jar.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp");
        put("libraries/abc/a.jar");
        assertThat(found()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found())
                .containsExactly(
                        APPLICATION + "/journal/.0000000000000003.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp",
                        "libraries/abc/.a.jar.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp");
    }

    @Test
    void aSubmissionUnderWayIsNotNamedAndOneThatWasGivenUpIs() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        put(APPLICATION + "/job-c/graph.pb");
        assertThat(found()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).containsExactly(APPLICATION + "/job-c");
        write(APPLICATION, new JobId("job-c"), 1);
        pass(Duration.ofHours(2));
        assertThat(found())
                .as("it may be a job that failed long ago, whose checkpoints are its user's")
                .isEmpty();
    }

    @Test
    void aJobThatWaitsInAQueueWithItsApplicationIsNotNamed() throws Exception {
        put(OTHER + "/" + OTHER_JOB + "/graph.pb");
        pass(Duration.ofHours(2));
        assertThat(found()).isEmpty();
    }

    @Test
    void ofJobsThatHaveEndedOnlyTheOnesThatFailedKeepAnything() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 1);
        end(APPLICATION, JOB, JobOutcome.JOB_CANCELED);
        submit(APPLICATION, OTHER_JOB, Map.of());
        complete(APPLICATION, OTHER_JOB, 1);
        end(APPLICATION, OTHER_JOB, JobOutcome.JOB_FAILED);
        assertThat(found()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).containsExactly(APPLICATION + "/" + JOB);
    }

    @Test
    void aSessionThatWasStoppedGoesAsAWholeAndOneThatHasFailedDoesNot() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 1);
        words.put(APPLICATION, ApplicationWord.ENDED);
        assertThat(found()).as("its executors may still be on their way out").isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).containsExactly(APPLICATION);
        words.put(APPLICATION, ApplicationWord.FAILED);
        assertThat(found()).isEmpty();
        put(OTHER + "/selvage-session.pb");
        pass(Duration.ofHours(2));
        words.put(OTHER, ApplicationWord.FAILED);
        assertThat(found()).as("it never had a job").containsExactly(OTHER);
    }

    @Test
    void checkpointsThatOutliveTheirJobOutliveItsSessionToo() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 1);
        new CheckpointStore(store).markRetained(CheckpointLayout.of(APPLICATION, JOB));
        end(APPLICATION, JOB, JobOutcome.JOB_CANCELED);
        submit(APPLICATION, OTHER_JOB, Map.of());
        pass(Duration.ofHours(2));
        assertThat(found()).isEmpty();
        words.put(APPLICATION, ApplicationWord.ENDED);
        assertThat(found()).containsExactly(APPLICATION + "/" + OTHER_JOB, APPLICATION + "/journal");
    }

    /** Its session was killed before there was time for the mark. */
    @Test
    void theNewestCheckpointOfAFailedJobOutlivesItsSessionByTheJournalsWordAlone() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 1);
        end(APPLICATION, JOB, JobOutcome.JOB_FAILED);
        submit(APPLICATION, OTHER_JOB, Map.of());
        complete(APPLICATION, OTHER_JOB, 1);
        pass(Duration.ofHours(2));
        words.put(APPLICATION, ApplicationWord.ENDED);
        assertThat(found())
                .as("without its journal it would be taken for any other job's")
                .containsExactly(APPLICATION + "/" + OTHER_JOB);
        for (Orphan orphan : search().find().orphans()) {
            assertThat(search().delete(orphan)).isTrue();
        }
        assertThat(found()).isEmpty();
        store.delete(directory(JOB, 1));
        assertThat(found()).as("its user wanted it no more").containsExactly(APPLICATION);
    }

    @Test
    void whatAnotherJobHasStartedFromIsNeededUntilThatHasACheckpointOfItsOwn() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        String old = write(APPLICATION, JOB, 2, 1);
        put(directory(JOB, 1) + "/container_1-1.data");
        complete(APPLICATION, JOB, 3);
        submit(OTHER, OTHER_JOB, Map.of(), old);
        pass(Duration.ofHours(2));
        for (ApplicationWord word : ApplicationWord.values()) {
            words.put(APPLICATION, word);
            assertThat(found()).as("%s", word).isEmpty();
        }
        complete(OTHER, OTHER_JOB, 4);
        words.put(APPLICATION, ApplicationWord.FAILED);
        assertThat(found()).containsExactly(directory(JOB, 1), directory(JOB, 2));
        words.put(APPLICATION, ApplicationWord.ENDED);
        assertThat(found()).containsExactly(APPLICATION);
    }

    @Test
    void anApplicationThatTheResourceManagerDoesNotKnowLivesAsLongAsItRenewsItsSign() throws Exception {
        words.remove(APPLICATION);
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 3);
        write(APPLICATION, JOB, 4);
        put(APPLICATION + "/watchdog/1-alive");
        pass(Duration.ofHours(2));
        put(APPLICATION + "/watchdog/1-alive");
        assertThat(found()).as("another cluster's").isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).as("what can be restored stays").containsExactly(directory(JOB, 4));
    }

    /** It waits in a queue of another cluster, which has no sign to renew; or nobody remembers it. */
    @Test
    void anApplicationThatNobodyKnowsAndThatNeverHadAMasterIsNamedAfterADay() throws Exception {
        put("application_9_0001/" + OTHER_JOB + "/graph.pb");
        put("application_9_0001/selvage-session.pb");
        pass(Duration.ofHours(23));
        assertThat(found()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).containsExactly("application_9_0001");
    }

    /** Its ResourceManager was restarted without a memory. */
    @Test
    void whatTheJobsOfAForgottenApplicationCanGoOnFromIsNeverNamed() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 3);
        submit(APPLICATION, OTHER_JOB, Map.of());
        words.remove(APPLICATION);
        pass(Duration.ofDays(30));
        assertThat(found()).isEmpty();
    }

    @Test
    void onlyOldSavepointsWithoutMetadataAreNamedWhereverJobsMakeThem() throws Exception {
        String elsewhere = root.resolve("mine").toUri().getPath();
        submit(APPLICATION, JOB, Map.of("selvage.savepoint.directory", elsewhere));
        put("savepoints/savepoint-a-00000000000a/_metadata");
        put("savepoints/savepoint-a-00000000000a/container_1-1-7.data");
        put("savepoints/savepoint-a-00000000000b/container_1-1-7.data");
        put("mine/savepoint-a-00000000000c/container_1-1-7.data");
        put("mine/photographs/a.data");
        pass(Duration.ofHours(23));
        assertThat(found()).isEmpty();
        pass(Duration.ofHours(2));
        assertThat(found()).containsExactly("mine/savepoint-a-00000000000c", "savepoints/savepoint-a-00000000000b");
        submit(APPLICATION, OTHER_JOB, Map.of("selvage.checkpoint.timeout", "24h"));
        assertThat(found()).as("it may take as long as that, twice").isEmpty();
    }

    @Test
    void aJournalThatCantBeReadIsSaidAndNothingIsNamedIfItsMasterMayLive() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 2);
        complete(APPLICATION, JOB, 3);
        submit(OTHER, OTHER_JOB, Map.of());
        Path slot = root.resolve(OTHER + "/journal/0000000000000002");
        byte[] bytes = Files.readAllBytes(slot);
        bytes[bytes.length - 1] ^= 1;
        Files.deleteIfExists(slot.resolveSibling(".0000000000000002.crc"));
        Files.write(slot, bytes);
        pass(Duration.ofHours(2));
        assertThat(found()).isEmpty();
        assertThat(search().find().notes())
                .singleElement()
                .asString()
                .contains(OTHER, "0000000000000002", "nothing is named", "damaged")
                .endsWith("Look again when that session has ended.");
        for (ApplicationWord gone : List.of(ApplicationWord.FAILED, ApplicationWord.ENDED)) {
            words.put(OTHER, gone);
            assertThat(found())
                    .as("whether a job of %s has left a checkpoint is not known", gone)
                    .containsExactly(directory(JOB, 2));
            assertThat(search().find().notes())
                    .singleElement()
                    .asString()
                    .contains("nothing of that session is named")
                    .endsWith("hdfs dfs -rm -r " + store.qualify(OTHER));
        }
    }

    @Test
    void ofAJobWhoseMetadataCantBeReadNothingIsNamed() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 2);
        String newest = complete(APPLICATION, JOB, 3);
        store.delete(newest);
        pass(Duration.ofHours(2));
        assertThat(found()).isEmpty();
        assertThat(search().find().notes())
                .singleElement()
                .asString()
                .contains(JOB.value(), "is missing", "Cancel the job if it still runs");
    }

    // ---- libraries -----------------------------------------------------------------------------------------------

    /** A hash to tell by its name which one it is. */
    private static String hash(String name) {
        return "%064x".formatted(new BigInteger(1, name.getBytes(StandardCharsets.UTF_8)));
    }

    private static String path(String library) {
        return "libraries/" + hash(library);
    }

    private String library(String name) throws IOException {
        put(path(name) + "/a.jar");
        return closed(path(name));
    }

    /** As sessions make it. */
    private String closed(String library) throws IOException {
        Files.setPosixFilePermissions(root.resolve("libraries"), PosixFilePermissions.fromString("rwx------"));
        return library;
    }

    private static LibraryFile file(String library) {
        return LibraryFile.newBuilder()
                .setSha256(hash(library))
                .setName("a.jar")
                .build();
    }

    private void spec(String application, SessionSpec spec) throws IOException {
        put(application + "/selvage-session.pb");
        Files.write(root.resolve(application + "/selvage-session.pb"), spec.toByteArray());
    }

    /** One takes each of these from the store. */
    private void everyKindOfLibrary() throws IOException {
        for (String library : List.of("archive", "conf", "file", "folder", "jar", "only-job", "job", "ended")) {
            library(library);
        }
        spec(
                APPLICATION,
                SessionSpec.newBuilder()
                        .setFormat(1)
                        .setLibraryArchive(file("archive"))
                        .addHadoopConf(file("conf"))
                        .addShippedFile(file("file"))
                        .addShippedFolder(file("folder"))
                        .addUserJar(file("jar"))
                        .setJob(SubmitJobRequest.newBuilder().addJars(file("only-job")))
                        .build());
        for (JobId job : List.of(JOB, OTHER_JOB)) {
            record(
                    APPLICATION,
                    JournalRecord.newBuilder()
                            .setJobSubmitted(JobSubmitted.newBuilder()
                                    .setJobId(job.value())
                                    .addJars(file(job.equals(JOB) ? "job" : "ended"))));
        }
        end(APPLICATION, OTHER_JOB, JobOutcome.JOB_FAILED);
    }

    @Test
    void aLibraryIsNamedOnceNoLivingSessionNeedsItAndNoneHasTakenItForAWeek() throws Exception {
        everyKindOfLibrary();
        library("unused");
        pass(Duration.ofDays(6));
        library("young");
        assertThat(found()).isEmpty();
        pass(Duration.ofDays(2));
        assertThat(found()).containsExactlyInAnyOrder(path("ended"), path("unused"));
        words.put(APPLICATION, ApplicationWord.FAILED);
        assertThat(found())
                .as("it does not come back, and whoever goes on from its checkpoints brings his own")
                .containsExactlyInAnyOrder(
                        path("archive"),
                        path("conf"),
                        path("ended"),
                        path("file"),
                        path("folder"),
                        path("jar"),
                        path("job"),
                        path("only-job"),
                        path("unused"));
    }

    @Test
    void aSessionOfAnotherClusterNeedsItsLibrariesAsLongAsItMayLive() throws Exception {
        everyKindOfLibrary();
        words.remove(APPLICATION);
        pass(Duration.ofDays(8));
        put(APPLICATION + "/watchdog/1-alive");
        assertThat(found()).containsExactlyInAnyOrder(path("ended"));
        pass(Duration.ofDays(6));
        assertThat(found()).as("it may come back").contains(path("ended")).doesNotContain(path("archive"), path("job"));
        pass(Duration.ofDays(2));
        assertThat(found()).contains(path("archive"), path("job"));
    }

    @Test
    void whatOthersPutBesideTheLibrariesOrMayEnterIsLeftAlone() throws Exception {
        library("unused");
        put("libraries/connectors/x.jar");
        pass(Duration.ofDays(8));
        assertThat(found()).containsExactly(path("unused"));
        Files.setPosixFilePermissions(root.resolve("libraries"), PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(found()).isEmpty();
        assertThat(search().find().notes())
                .singleElement()
                .asString()
                .contains("open to other users")
                .endsWith("hdfs dfs -chmod go-rwx " + store.qualify("libraries"));
        Files.setPosixFilePermissions(root.resolve("libraries"), PosixFilePermissions.fromString("rwx------"));
        pass(Duration.ofDays(-8));
        assertThat(search().find().notes()).as("of what is not named anyway").isEmpty();
    }

    @Test
    void whatASessionTakesMeanwhileIsNotDeletedAndWhatNoneTakesIs() throws Exception {
        Path taken = Files.writeString(root.resolve("taken.jar"), "abc");
        Path left = Files.writeString(root.resolve("left.jar"), "abcd");
        LibraryStore libraries = new LibraryStore(store, HashCache.open(root.resolve("hashes")), OTHER);
        LibraryEntry takenEntry = libraries.publish(taken);
        LibraryEntry leftEntry = libraries.publish(left);
        closed("libraries"); // Of local files, those above a new file are made for all.
        pass(root.resolve("libraries"), Duration.ofDays(8));
        OrphanSearch search = search();
        List<Orphan> orphans = search.find().orphans();
        assertThat(orphans)
                .extracting(Orphan::path)
                .containsExactlyInAnyOrder(
                        store.qualify("libraries/" + takenEntry.sha256()),
                        store.qualify("libraries/" + leftEntry.sha256()));
        assertThat(orphans).extracting(Orphan::bytes).containsExactlyInAnyOrder(3L, 4L);

        libraries.publish(taken);
        for (Orphan orphan : orphans) {
            assertThat(search.delete(orphan)).isEqualTo(orphan.path().endsWith(leftEntry.sha256()));
        }
        assertThat(store.list("libraries")).extracting(StoredFile::name).containsExactly(takenEntry.sha256());
        assertThat(store.status(takenEntry.path())).isPresent();
        assertThat(store.marks("libraries/" + takenEntry.sha256()))
                .extracting(StoredFile::name)
                .containsExactly(".selvage-used");
        assertThat(found()).isEmpty();
        assertThat(libraries.publish(left).path()).as("it is put there again").isEqualTo(leftEntry.path());
    }

    @Test
    void whatALivingSessionNeedsIsNotGuessedAt() throws Exception {
        library("unused");
        submit(APPLICATION, JOB, Map.of());
        pass(Duration.ofDays(8));
        assertThat(found()).as("it has no description").isEmpty();
        assertThat(search().find().notes())
                .singleElement()
                .asString()
                .contains("No library is named", APPLICATION + "/selvage-session.pb", "when that session has ended");
        put(APPLICATION + "/selvage-session.pb"); // Four zeros are no message.
        pass(Duration.ofDays(1));
        assertThat(found()).isEmpty();
        assertThat(search().find().notes()).singleElement().asString().contains("No library is named", APPLICATION);
        spec(APPLICATION, SessionSpec.newBuilder().setFormat(1).build());
        assertThat(found()).containsExactlyInAnyOrder(path("unused"));
    }

    /** It may name libraries where this version does not look. */
    @Test
    void whatASessionOfANewerVersionNeedsIsNotGuessedAt() throws Exception {
        library("unused");
        submit(APPLICATION, JOB, Map.of());
        SessionSpec known = SessionSpec.newBuilder().setFormat(1).build();
        UnknownFieldSet more = UnknownFieldSet.newBuilder()
                .addField(
                        1_000,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(file("unused").toByteString())
                                .build())
                .build();
        List<SessionSpec> newer = List.of(
                known.toBuilder().setFormat(2).build(),
                known.toBuilder().setUnknownFields(more).build(),
                known.toBuilder()
                        .setJob(SubmitJobRequest.newBuilder().setUnknownFields(more))
                        .build(),
                known.toBuilder()
                        .addUserJar(file("a").toBuilder().setUnknownFields(more))
                        .build());
        for (SessionSpec each : newer) {
            spec(APPLICATION, each);
            pass(Duration.ofDays(8));
            assertThat(found()).as("%s", each).isEmpty();
            assertThat(search().find().notes())
                    .singleElement()
                    .asString()
                    .contains("No library is named", APPLICATION, "another version", "when the session has ended");
        }
        spec(APPLICATION, known);
        assertThat(found()).containsExactlyInAnyOrder(path("unused"));
    }

    @Test
    void whereOthersTakeLibrariesFromNoneIsNamed() throws Exception {
        library("unused");
        Files.setPosixFilePermissions(root.resolve("libraries"), PosixFilePermissions.fromString("rwxr-xr-x"));
        put(path("unused") + "/.a.jar.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp");
        pass(Duration.ofDays(8));
        assertThat(found())
                .containsExactlyInAnyOrder(path("unused") + "/.a.jar.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp");
        assertThat(search().find().notes()).singleElement().asString().contains("open to other users");
    }

    @Test
    void theMarkOfASweepThatDiedGoesAndTheLibraryStays() throws Exception {
        String library = library("abc");
        put(library + "/.selvage-sweep-1b4e28ba");
        assertThat(found()).as("it may live").isEmpty();
        pass(Duration.ofHours(2));
        OrphanSearch search = search();
        List<Orphan> orphans = search.find().orphans();
        assertThat(orphans)
                .extracting(Orphan::path)
                .containsExactly(store.qualify(library + "/.selvage-sweep-1b4e28ba"));
        assertThat(search.delete(orphans.get(0))).isTrue();
        assertThat(store.marks(library)).isEmpty();
        assertThat(store.status(library + "/a.jar")).isPresent();
        assertThat(found()).isEmpty();
    }

    // ---- deletion ------------------------------------------------------------------------------------------------

    @Test
    void whatIsDeletedWasFoundAndIsFoundStill() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 1);
        complete(APPLICATION, JOB, 2);
        complete(APPLICATION, JOB, 3);
        pass(Duration.ofHours(2));
        OrphanSearch search = search();
        List<Orphan> orphans = search.find().orphans();
        assertThat(orphans)
                .extracting(Orphan::path)
                .containsExactly(store.qualify(directory(JOB, 1)), store.qualify(directory(JOB, 2)));

        assertThat(search.delete(orphans.get(0))).isTrue();
        assertThat(store.status(directory(JOB, 1))).isEmpty();
        put(directory(JOB, 2) + "/container_7-1.data");
        assertThat(search().delete(orphans.get(1))).as("it has changed").isFalse();
        assertThat(search().delete(new Orphan(store.qualify(directory(JOB, 3)), true, 4, 1, "it is said")))
                .as("it was never found")
                .isFalse();
        assertThat(store.list(CheckpointLayout.of(APPLICATION, JOB).checkpointsDirectory()))
                .hasSize(2);
    }

    @Test
    void oneDeletionDoesNotMakeTheNextOrphanYoung() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        complete(APPLICATION, JOB, 2);
        put(directory(JOB, 2) + "/container_8-1.data");
        put(directory(JOB, 2) + "/container_9-1.data");
        words.remove(APPLICATION);
        pass(Duration.ofHours(2));
        List<Orphan> orphans = search().find().orphans();
        assertThat(orphans).hasSize(2);
        for (Orphan orphan : orphans) {
            assertThat(search().delete(orphan)).as("%s", orphan).isTrue();
        }
    }

    @Test
    void whatIsNeededMeanwhileIsNotDeleted() throws Exception {
        submit(APPLICATION, JOB, Map.of());
        String old = complete(APPLICATION, JOB, 2);
        complete(APPLICATION, JOB, 3);
        pass(Duration.ofHours(2));
        List<Orphan> orphans = search().find().orphans();
        assertThat(orphans).hasSize(1);
        submit(OTHER, OTHER_JOB, Map.of(), old);
        assertThat(search().delete(orphans.get(0))).isFalse();
        assertThat(store.status(directory(JOB, 2))).isPresent();
    }

    @Test
    void aStateRootThatIsNotThereIsNotMade() throws Exception {
        Path missing = root.resolve("missing");
        DurableStore none = DurableStore.existing(new org.apache.hadoop.fs.Path(missing.toUri()), new Configuration());
        assertThatThrownBy(() -> new OrphanSearch(none, any -> ApplicationWord.LIVING).find())
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("There is no state root");
        assertThat(missing).doesNotExist();
    }
}
