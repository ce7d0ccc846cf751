package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node on which no container can be started, of three with room for one executor each: beside the master there is
 * none.
 */
@Tag("own-cluster")
class FailingNodeIT {
    @TempDir
    Path scratch;

    @Test
    void nodeThatStartsNothingGetsNothingUntilThereIsNoOther() throws Exception {
        try (MiniCluster cluster = MiniCluster.builder(Path.of("target", "failing-node"))
                        .nodeManagers(3)
                        .nodeMemoryMib(2_100)
                        .hostForEachNode()
                        .start();
                VerifiedSession session = new VerifiedSession(
                        cluster,
                        scratch,
                        Map.of(
                                "selvage.network.bind-host", "",
                                "selvage.master.memory", "1g",
                                "selvage.executor.memory", "1500m",
                                "selvage.executor.slots", Integer.toString(VerifiedJob.PARALLELISM)))) {
            int bad = nodeWithoutTheMaster(cluster, session.session().describe().getMasterHost());
            breakLocalFolder(cluster.nodeFolder(bad).resolve("local"));
            VerifiedJob job = session.submit();

            // The other node has the job, so that only the bad one has room for the standby.
            List<String> notices = Commands.await(
                    "people are told", () -> session.session().describe().getNoticesList(), now -> !now.isEmpty());
            System.out.println("FailingNodeIT: " + notices);
            assertThat(notices)
                    .singleElement()
                    .asString()
                    .startsWith("Node " + cluster.nodeHost(bad) + ":")
                    .contains("executors have failed there 3 times", "exit status -1000");
            session.awaitCheckpoints(job);
            // If YARN gave containers there, they would fail within seconds, and be counted.
            Commands.await(
                    "it is taken back, as YARN gives nothing",
                    () -> session.session().describe().getNoticesList(),
                    now -> {
                        now.forEach(notice -> assertThat(notice).contains("failed there 3 times"));
                        return now.isEmpty();
                    });
            Commands.await(
                    "it fails again, and is excluded again",
                    () -> session.session().describe().getNoticesList(),
                    now -> now.stream().anyMatch(notice -> notice.contains("failed there 5 times")));
            session.assertEndsRight(job);
        }
    }

    private static int nodeWithoutTheMaster(MiniCluster cluster, String masterHost) {
        int node = 0;
        while (cluster.nodeHost(node).equals(masterHost)) {
            node++;
        }
        return node;
    }

    /** A file lies where directories are to be made, which stops even root. */
    private static void breakLocalFolder(Path local) throws Exception {
        Path users = local.resolve("usercache");
        if (Files.exists(users)) {
            try (Stream<Path> inside = Files.list(users)) {
                assertThat(inside).as("nothing has run there yet").isEmpty();
            }
            Files.delete(users);
        }
        Files.createFile(users);
    }
}
