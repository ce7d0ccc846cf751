package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.minicluster.workload.Sabotage;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.Recovery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's function ends the process that it runs in, in each way that there is; on nodes that watch memory, of which
 * state on the disk has its part.
 */
@Tag("own-cluster")
class TaskDeathsIT {
    @TempDir
    static Path scratch;

    private static MiniCluster cluster;
    private static VerifiedSession session;

    @BeforeAll
    static void start() throws Exception {
        cluster = MiniCluster.builder(Path.of("target", "task-deaths"))
                .memoryChecks()
                .hadoop("yarn.nodemanager.container-monitor.interval-ms", "200")
                .start();
        session = new VerifiedSession(cluster, scratch, Map.of());
    }

    @AfterAll
    static void stop() throws Exception {
        if (session != null) {
            session.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void functionThatExitsIsNamedWithItsLine() throws Exception {
        assertThat(reasonAfter(Sabotage.Deed.EXIT, "exit status 44"))
                .contains(
                        "was ended by a user's function",
                        "A function has called System.exit at " + Sabotage.class.getName() + ".commit(Sabotage.java:",
                        "let it throw an exception instead");
    }

    @Test
    void functionThatHaltsTheProcessIsSuspected() throws Exception {
        assertThat(reasonAfter(Sabotage.Deed.HALT, "exit status 7"))
                .contains("a user's function may have called Runtime.halt");
    }

    @Test
    void functionThatFillsTheHeapIsToldWhatToRaise() throws Exception {
        assertThat(reasonAfter(Sabotage.Deed.FILL_HEAP, "exit status 3"))
                .contains(
                        "its JVM ran out of memory: raise selvage.executor.memory",
                        "java.lang.OutOfMemoryError: Java heap space");
    }

    @Test
    void functionThatTakesAllDirectBuffersIsToldWhatToRaise() throws Exception {
        assertThat(reasonAfter(Sabotage.Deed.FILL_DIRECT, "exit status 3"))
                .contains("its JVM ran out of memory: raise selvage.executor.memory", "direct buffer memory");
    }

    @Test
    void containerThatYarnKillsForItsMemoryIsToldWhatToRaiseAndFollowedByLargerOnes() throws Exception {
        VerifiedJob job = session.submit();
        String heap = heapOf(session.awaitThreeExecutors().get(0));
        assertThat(reasonAfter(job, Sabotage.Deed.FILL_NATIVE, "exit status -104"))
                .contains("it used more memory than it asked for: raise selvage.executor.memory", "physical memory");
        assertThat(session.session().describe().getNoticesList())
                .singleElement()
                .asString()
                .startsWith("Executors get 1280 MiB instead of 1024 MiB");

        // The newest of these may have been asked for just before YARN told why: the one after it was not.
        List<ExecutorDescription> known = session.awaitThreeExecutors();
        List<String> ids =
                known.stream().map(ExecutorDescription::getExecutorId).toList();
        ExecutorDescription standby = known.stream()
                .filter(ExecutorDescription::getStandby)
                .findFirst()
                .orElseThrow();
        ProcessSignals.KILL.send(standby.getPid());
        ExecutorDescription next = Commands.await(
                        "another executor",
                        () -> session.session().describe().getExecutorsList().stream()
                                .filter(executor -> !ids.contains(executor.getExecutorId()))
                                .toList(),
                        executors -> !executors.isEmpty())
                .get(0);
        assertThat(memoryMibOf(next)).isEqualTo(1_280);
        assertThat(heapOf(next)).as("the heap of 1024 MiB").isEqualTo(heap);
        session.assertEndsRight(job);
        Commands.await(
                "it is forgotten with the job",
                () -> session.session().describe().getNoticesList(),
                List::isEmpty);
    }

    @Test
    void stateOnTheDiskHasItsMemoryInASessionOpenedForTheHeap() throws Exception {
        VerifiedJob job = session.submit(Map.of("selvage.state.backend", "rocksdb"));
        session.awaitThreeExecutors();
        JobDescription before = session.awaitCheckpoints(job);
        List<ExecutorDescription> busy = session.busy();
        assertThat(busy).hasSize(VerifiedJob.PARALLELISM);
        for (ExecutorDescription executor : busy) {
            assertThat(heapOf(executor))
                    .as("a quarter of 1 GiB is kept from it")
                    .isEqualTo("-Xmx454m");
            assertThat(logOf(executor)).contains("RocksDB caches blocks in " + (128 << 20) + " bytes");
        }
        ProcessSignals.KILL.send(busy.get(0).getPid());
        session.await(
                job,
                "it runs again",
                now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
        JobDescription after = session.awaitCheckpoints(job);
        assertThat(after.getRecoveriesList()).as("the kill alone").hasSize(1);
        assertThat(session.session().describe().getNoticesList())
                .as("nothing was ended for its memory")
                .isEmpty();
        session.assertEndsRight(job);
    }

    /** What the process has written where it writes its log. */
    private static String logOf(ExecutorDescription executor) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(executor.getPid()), "fd", "1"));
    }

    /** As the node's processes show it. */
    private static String heapOf(ExecutorDescription executor) throws IOException {
        String command = Files.readString(Path.of("/proc", Long.toString(executor.getPid()), "cmdline"));
        return Arrays.stream(command.split("\0"))
                .filter(argument -> argument.startsWith("-Xmx"))
                .findFirst()
                .orElseThrow();
    }

    private static long memoryMibOf(ExecutorDescription executor) throws Exception {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(cluster.hadoopConfiguration());
            yarn.start();
            return yarn.getContainerReport(ContainerId.fromString(executor.getExecutorId()))
                    .getAllocatedResource()
                    .getMemorySize();
        }
    }

    /** Has it done by a job, which must come back and end right, and answers what the user is told. */
    private static String reasonAfter(Sabotage.Deed deed, String status) throws Exception {
        VerifiedJob job = session.submit();
        String reason = reasonAfter(job, deed, status);
        session.assertEndsRight(job);
        return reason;
    }

    /** Has it done by one of two executors, sees the job come back, and answers what the user is told. */
    private static String reasonAfter(VerifiedJob job, Sabotage.Deed deed, String status) throws Exception {
        JobDescription before = session.awaitCheckpoints(job);
        List<Long> pids =
                session.busy().stream().map(executor -> executor.getPid()).toList();
        Files.createFile(job.folder().resolve(deed.fileName()));
        session.await(
                job,
                "it runs again",
                now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
        session.awaitCheckpoints(job);
        JobDescription explained = session.await(
                job,
                "the reason with " + status,
                now -> now.getFailure().getMessage().contains(status));

        assertThat(explained.getIncarnation()).isEqualTo(before.getIncarnation() + 1);
        assertThat(explained.getFailure().getKind()).isEqualTo(FailureKind.EXECUTOR_LOST);
        assertThat(explained.getRecoveriesList())
                .singleElement()
                .extracting(Recovery::getFailure)
                .isEqualTo(explained.getFailure());
        assertThat(session.executorPids())
                .as("of two processes, one was hit")
                .containsAnyElementsOf(pids)
                .doesNotContainSequence(pids);
        System.out.println(
                "TaskDeathsIT: " + deed + ": " + explained.getFailure().getMessage());
        return explained.getFailure().getMessage();
    }
}
