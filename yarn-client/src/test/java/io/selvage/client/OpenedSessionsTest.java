package io.selvage.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.orphan.ApplicationWord;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each session has a running job with a checkpoint in its state root, which is a local directory here. */
class OpenedSessionsTest {
    private static final String CLUSTER = "rm:8032";
    private static final String OLD = "application_1_0001";
    private static final String NEW = "application_2_0001";

    @TempDir
    Path directory;

    private final Map<String, ApplicationReport> reports = new HashMap<>();
    private SessionFiles files;
    private String stateRoot;

    @BeforeEach
    void layOut() throws IOException {
        files = new SessionFiles(directory.resolve("user"));
        stateRoot = Hdfs.connect(
                        new Configuration(), directory.resolve("root").toUri().toString())
                .stateRoot();
        for (String id : List.of(OLD, NEW)) {
            files.write(record(id, CLUSTER, "anna"));
            leave(id);
        }
    }

    private SessionRecord record(String id, String cluster, String user) {
        return record(id, "a name", cluster, user);
    }

    private SessionRecord record(String id, String name, String cluster, String user) {
        return new SessionRecord(id, name, cluster, stateRoot, 42, ApplicationIdentity.create(), user, null);
    }

    /** What a session has in HDFS as long as it runs. */
    private void leave(String id) throws IOException {
        DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(stateRoot), new Configuration());
        Journal journal = Journal.open(store, CheckpointLayout.journalDirectory(id));
        journal.winEpoch(1, EpochStarted.newBuilder().setEpoch(1).build().toByteArray());
        for (JournalRecord.Builder said : List.of(
                JournalRecord.newBuilder()
                        .setJobSubmitted(JobSubmitted.newBuilder().setJobId("job-a")),
                JournalRecord.newBuilder()
                        .setCheckpointCompleted(CheckpointCompleted.newBuilder()
                                .setJobId("job-a")
                                .setCheckpoint(7)
                                .setIncarnation(1)))) {
            journal.append(said.build().toByteArray());
        }
        for (String path : List.of("watchdog/1-alive", "job-a/graph.pb", "job-a/checkpoints/chk-7/_metadata")) {
            Path file = directory.resolve("root").resolve(id).resolve(path);
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[4]);
        }
    }

    private void yarnSays(String id, YarnApplicationState state, FinalApplicationStatus end) {
        ApplicationReport report = Records.newRecord(ApplicationReport.class);
        report.setApplicationId(ApplicationId.fromString(id));
        report.setYarnApplicationState(state);
        report.setFinalApplicationStatus(end);
        report.setDiagnostics("");
        reports.put(id, report);
    }

    private ApplicationReport report(ApplicationId id) {
        ApplicationReport report = reports.get(id.toString());
        if (report == null) {
            throw new ClientException(ExitCode.NO_SESSION, "YARN does not know it.");
        }
        return report;
    }

    private OpenedSessions sessions() {
        return sessions(CLUSTER, "anna");
    }

    private OpenedSessions sessions(String cluster, String user) {
        return new OpenedSessions(files, cluster, user, this::report, root -> Hdfs.connect(new Configuration(), root));
    }

    /** All that lies in HDFS and in the user's directory. */
    private List<Path> everything() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void whatAResourceManagerHasForgottenAtItsRestartIsLeftWithItsKey() throws IOException {
        List<Path> before = everything();
        assertThat(sessions().newest(any -> true)).isEmpty();
        assertThatThrownBy(() -> sessions().living(NEW))
                .hasMessageContaining("The ResourceManager at rm:8032 does not know the session " + NEW)
                .hasMessageContaining("yarn.resourcemanager.recovery.enabled")
                .hasMessageContaining("(selvage run --from) is left in " + stateRoot + "/" + NEW);
        assertThat(sessions().settle(files.read(OLD).orElseThrow())).isPresent();
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void aSessionThatHasFailedStaysForGoodAlsoWhenYarnHasForgottenIt() throws IOException {
        yarnSays(OLD, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        yarnSays(NEW, YarnApplicationState.FAILED, FinalApplicationStatus.FAILED);
        List<Path> before = everything();
        assertThat(sessions().newest(any -> true).orElseThrow().applicationId()).isEqualTo(OLD);
        assertThat(sessions().settle(files.read(NEW).orElseThrow()).orElseThrow())
                .contains("is left in " + stateRoot + "/" + NEW);
        reports.remove(NEW);
        assertThat(sessions().newest(any -> true).orElseThrow().applicationId()).isEqualTo(OLD);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void aLivingSessionOfAnotherClusterIsRefusedByNameAndLeftAlone() throws IOException {
        List<Path> before = everything();
        OpenedSessions elsewhere = sessions("other:8032", "anna");
        assertThatThrownBy(() -> elsewhere.living(NEW))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("the ResourceManager at rm:8032")
                .hasMessageContaining("the one at other:8032")
                .hasMessageContaining("Set HADOOP_CONF_DIR to the configuration that the session was opened with.");
        assertThat(elsewhere.newest(any -> true)).isEmpty();
        assertThat(elsewhere.wordOn(NEW)).as("for fsck").isEqualTo(ApplicationWord.LIVING);
        assertThat(elsewhere.wordOn("application_3_0001")).isEqualTo(ApplicationWord.UNKNOWN);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void aClusterThatHasGotMoreResourceManagersIsTheSameCluster() throws IOException {
        yarnSays(NEW, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        for (String grown : List.of("rm:8032 or rm2:8032", "rm2:8032 or RM:8032")) {
            OpenedSessions sessions = sessions(grown, "anna");
            assertThat(sessions.newest(any -> true).orElseThrow().applicationId())
                    .as(grown)
                    .isEqualTo(NEW);
            assertThat(sessions.living(NEW).applicationId()).isEqualTo(NEW);
            assertThat(sessions.wordOn(OLD)).as("YARN's own word").isEqualTo(ApplicationWord.UNKNOWN);
        }
        SessionRecord ofTwo = record(NEW, "rm1:8032 or rm2:8032", "anna");
        assertThat(ofTwo.isOn("rm2:8032 or rm1:8032")).isTrue();
        assertThat(ofTwo.isOn("rm2:8032")).isTrue();
        assertThat(ofTwo.isOn("rm3:8032 or rm4:8032")).isFalse();
        assertThat(ofTwo.isOn("rm2:80321"))
                .as("an address is compared as a whole")
                .isFalse();
        assertThat(ofTwo.isOn("farm2:8032")).isFalse();
    }

    @Test
    void whatYarnSaysWasKilledIsDeletedAndOnlyThat() {
        yarnSays(OLD, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        yarnSays(NEW, YarnApplicationState.KILLED, FinalApplicationStatus.KILLED);
        assertThat(sessions().newest(any -> true).orElseThrow().applicationId()).isEqualTo(OLD);
        assertThat(directory.resolve("root").resolve(NEW)).doesNotExist();
        assertThat(directory.resolve("root").resolve(OLD)).isNotEmptyDirectory();
        assertThat(files.applicationIds()).containsExactly(OLD);
    }

    @Test
    void aSessionIsFoundByItsNameIfItIsTheOnlyOneThatRuns() {
        files.write(record(OLD, "nightly", CLUSTER, "anna"));
        yarnSays(OLD, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        yarnSays(NEW, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        assertThat(sessions().living("nightly").applicationId()).isEqualTo(OLD);

        files.write(record(NEW, "nightly", CLUSTER, "anna"));
        assertThatThrownBy(() -> sessions().living("nightly"))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        several -> assertThat(several.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessage("2 sessions of yours that run on this cluster are called \"nightly\": name one by its id: "
                        + NEW + ", " + OLD + ".");

        yarnSays(NEW, YarnApplicationState.FAILED, FinalApplicationStatus.FAILED);
        assertThat(sessions().living("nightly").applicationId())
                .as("of those that have failed, none is meant")
                .isEqualTo(OLD);
    }

    @Test
    void aNameOfNoneThatRunsIsRefusedAndSoIsOneOfAnotherUserOrCluster() throws IOException {
        yarnSays(OLD, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        yarnSays(NEW, YarnApplicationState.FAILED, FinalApplicationStatus.FAILED);
        files.write(record(OLD, "nightly", CLUSTER, "bob"));
        files.write(record(NEW, "daily", CLUSTER, "anna"));
        List<Path> before = everything();
        for (String name : List.of("nightly", "daily", "../sessions/" + OLD, "")) {
            assertThatThrownBy(() -> sessions().living(name))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            none -> assertThat(none.exitCode()).isEqualTo(ExitCode.NO_SESSION))
                    .hasMessage("No session of yours that runs on this cluster is called \"" + name
                            + "\", and it is no application id. See yours with: scripts/selvage sessions");
        }
        assertThatThrownBy(() -> sessions("other:8032", "bob").living("nightly"))
                .hasMessageContaining("No session of yours");
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void allAreListedOfWhichSomethingIsLeft() {
        String third = "application_3_0001";
        String fourth = "application_4_0001";
        files.write(record(third, CLUSTER, "anna"));
        files.write(record(fourth, CLUSTER, "bob"));
        yarnSays(NEW, YarnApplicationState.FAILED, FinalApplicationStatus.FAILED);
        yarnSays(third, YarnApplicationState.ACCEPTED, FinalApplicationStatus.UNDEFINED);
        assertThat(sessions().all())
                .as("one that waits, one that has failed, and one that YARN does not know")
                .extracting(SessionSummary::applicationId, SessionSummary::state)
                .containsExactly(tuple(third, SessionState.WAITING), tuple(NEW, SessionState.FAILED), tuple(OLD, null));
        yarnSays(NEW, YarnApplicationState.KILLED, FinalApplicationStatus.KILLED);
        assertThat(sessions().all()).extracting(SessionSummary::applicationId).containsExactly(third, OLD);
        assertThat(directory.resolve("root").resolve(NEW)).doesNotExist();
        assertThat(files.applicationIds()).containsExactly(fourth, third, OLD);
        Hdfs.connect(new Configuration(), stateRoot).delete(stateRoot + "/" + OLD);
        assertThat(sessions().all())
                .as("nothing is left of one that YARN does not know")
                .extracting(SessionSummary::applicationId)
                .containsExactly(third);
        assertThat(files.applicationIds()).containsExactly(fourth, third);
    }

    @Test
    void aKeyGoesOnceNothingIsLeftOfItsSession() throws IOException {
        Hdfs.connect(new Configuration(), stateRoot).delete(stateRoot + "/" + NEW);
        assertThat(sessions().settle(files.read(NEW).orElseThrow())).isEmpty();
        assertThat(files.applicationIds()).containsExactly(OLD);
    }

    @Test
    void theFileOfASessionWhoseDirectoryCantBeDeletedStays() throws IOException {
        yarnSays(NEW, YarnApplicationState.KILLED, FinalApplicationStatus.KILLED);
        Path slot;
        try (Stream<Path> slots =
                Files.list(directory.resolve("root").resolve(NEW).resolve("journal"))) {
            slot = slots.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .sorted()
                    .skip(1)
                    .findFirst()
                    .orElseThrow();
        }
        Files.deleteIfExists(slot.resolveSibling("." + slot.getFileName() + ".crc"));
        Files.write(slot, new byte[] {1, 2, 3});
        List<Path> before = everything();
        assertThatThrownBy(() -> sessions().living(NEW))
                .hasMessageContaining("has ended: it was killed.")
                .hasMessageContaining("What it has in HDFS is left in " + stateRoot + "/" + NEW);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void whoActsForAnotherFindsTheSessionsOfThatOneAlone() {
        yarnSays(OLD, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        yarnSays(NEW, YarnApplicationState.RUNNING, FinalApplicationStatus.UNDEFINED);
        files.write(record(OLD, CLUSTER, "bob"));
        assertThat(sessions().newest(any -> true).orElseThrow().applicationId()).isEqualTo(NEW);
        assertThat(sessions(CLUSTER, "bob").newest(any -> true).orElseThrow().applicationId())
                .isEqualTo(OLD);
        assertThat(sessions(CLUSTER, "carol").newest(any -> true)).isEmpty();
    }
}
