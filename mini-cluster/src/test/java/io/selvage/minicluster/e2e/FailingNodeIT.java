package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    void nodeThatStartsNothingIsAskedForNothing() throws Exception {
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
            breakUsersFolder(cluster.nodeFolder(bad));
            VerifiedJob job = session.submit();

            // The other node has the job once it runs, so that only the bad one has room for the standby.
            Commands.await(
                    "people are told", () -> session.session().describe().getNoticesList(), now -> !now.isEmpty());
            // YARN is told of the node once a record of it is durable, and so before these.
            JobDescription before = session.awaitCheckpoints(job);
            String notice = onlyNotice(session);
            System.out.println("FailingNodeIT: " + notice);
            assertThat(notice)
                    .startsWith("Node " + cluster.nodeHost(bad) + ":")
                    .contains("executors have failed there", "exit status -1000");

            // The bad node has room for another executor at once, and the other one only when this one has ended.
            ProcessSignals.KILL.send(session.executorPids().get(0));
            session.await(
                    job,
                    "it runs again",
                    now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
            session.awaitCheckpoints(job);
            assertThat(failures(onlyNotice(session)))
                    .as("of starts on that node, where any would have failed")
                    .isEqualTo(failures(notice));
            session.assertEndsRight(job);
        }
    }

    private static String onlyNotice(VerifiedSession session) {
        List<String> notices = session.session().describe().getNoticesList();
        assertThat(notices).hasSize(1);
        return notices.get(0);
    }

    private static String failures(String notice) {
        Matcher times = Pattern.compile("failed there (\\d+) times").matcher(notice);
        assertThat(times.find()).as(notice).isTrue();
        return times.group(1);
    }

    private static int nodeWithoutTheMaster(MiniCluster cluster, String masterHost) {
        int node = 0;
        while (cluster.nodeHost(node).equals(masterHost)) {
            node++;
        }
        return node;
    }

    /** A file lies where the directory of the session's user is to be made, which stops even root. */
    private static void breakUsersFolder(Path node) throws IOException {
        Files.createFile(node.resolve("local").resolve("usercache").resolve(System.getProperty("user.name")));
    }
}
