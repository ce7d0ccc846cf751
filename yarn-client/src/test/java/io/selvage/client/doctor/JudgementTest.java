package io.selvage.client.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.checkpoint.library.SharedLibraries.Standing;
import io.selvage.client.deploy.ClusterLimits;
import io.selvage.client.deploy.Queues;
import io.selvage.client.doctor.Finding.Verdict;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.wire.LibraryFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JudgementTest {
    private static final Path FOLDER = Path.of("/etc/hadoop/conf");
    private static final Queues.Queue QUEUE =
            new Queues.Queue("q", "root.q", false, "RUNNING", true, 1, 1, 0, Set.of(), Map.of(), "");

    @Test
    void anOldJavaIsAProblem() {
        assertThat(Judgement.java(17, "/jdk").verdict()).isEqualTo(Verdict.OK);
        assertThat(Judgement.java(11, "/jdk"))
                .isEqualTo(
                        new Finding("Java", Verdict.PROBLEM, "Java 11 in /jdk. Set JAVA_HOME to a JDK 17 or newer."));
    }

    @Test
    void missingFilesOfTheHadoopConfigurationAreNamed() {
        assertThat(Judgement.hadoopFiles(FOLDER, Set.of("core-site.xml", "hdfs-site.xml", "yarn-site.xml")))
                .isEqualTo(new Finding(
                        "Hadoop configuration",
                        Verdict.OK,
                        "/etc/hadoop/conf with core-site.xml, hdfs-site.xml, yarn-site.xml"));
        assertThat(Judgement.hadoopFiles(FOLDER, Set.of("core-site.xml", "yarn-site.xml"))
                        .verdict())
                .isEqualTo(Verdict.WARNING);
        Finding none = Judgement.hadoopFiles(FOLDER, Set.of("hdfs-site.xml"));
        assertThat(none.verdict()).isEqualTo(Verdict.PROBLEM);
        assertThat(none.text()).contains("holds no core-site.xml and no yarn-site.xml", "HADOOP_CONF_DIR");
    }

    @Test
    void aClockIsJudgedByHowFarItIsOutsideOfWhatTheAnswerTook() {
        assertThat(clock(1_000_000, 1_000_500, 1_001_000).verdict()).isEqualTo(Verdict.OK);
        assertThat(clock(1_000_000, 1_003_000, 1_001_000).verdict())
                .as("two seconds")
                .isEqualTo(Verdict.OK);
        Finding ahead = clock(1_000_000, 1_011_000, 1_001_000);
        assertThat(ahead.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(ahead.text()).startsWith("it is 10 s ahead of this host's.");
        Finding behind = clock(1_000_000, 600_000, 1_001_000);
        assertThat(behind.verdict()).isEqualTo(Verdict.PROBLEM);
        assertThat(behind.text()).contains("is 400 s behind this host's.", "Kerberos");
        assertThat(Judgement.clock("c", "it", 1_000_000, 997_500, 1_001_000, 1_000)
                        .verdict())
                .as("as exact as its seconds are")
                .isEqualTo(Verdict.OK);
    }

    private static Finding clock(long before, long theirs, long after) {
        return Judgement.clock("c", "it", before, theirs, after, 0);
    }

    @Test
    void fewerAttemptsThanAskedForAreAWarning() {
        assertThat(Judgement.attempts(10, 10).verdict()).isEqualTo(Verdict.OK);
        Finding capped = Judgement.attempts(10, 2);
        assertThat(capped.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(capped.text()).contains("2 of the 10", "yarn.resourcemanager.am.global.max-attempts");
    }

    @Test
    void checksOfVirtualMemoryAreAWarningAndHadoopHasThemByDefault() {
        org.apache.hadoop.conf.Configuration node = new org.apache.hadoop.conf.Configuration(false);
        Finding byDefault = Judgement.memoryChecks(node, "here");
        assertThat(byDefault.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(byDefault.text()).contains("2.1 times", "yarn.nodemanager.vmem-check-enabled");
        node.set("yarn.nodemanager.vmem-pmem-ratio", "6");
        assertThat(Judgement.memoryChecks(node, "here").verdict()).isEqualTo(Verdict.OK);
        node.unset("yarn.nodemanager.vmem-pmem-ratio");
        node.set("yarn.nodemanager.vmem-check-enabled", "false");
        assertThat(Judgement.memoryChecks(node, "here").verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void aYarnThatForgetsAtItsRestartIsAWarning() {
        org.apache.hadoop.conf.Configuration forgetful = new org.apache.hadoop.conf.Configuration(false);
        Finding warned = Judgement.restarts(forgetful, forgetful, "here");
        assertThat(warned.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(warned.text())
                .contains("yarn.resourcemanager.recovery.enabled", "yarn.nodemanager.recovery.enabled");
        org.apache.hadoop.conf.Configuration lasting = new org.apache.hadoop.conf.Configuration(false);
        lasting.set("yarn.resourcemanager.recovery.enabled", "true");
        lasting.set("yarn.nodemanager.recovery.enabled", "true");
        lasting.set("yarn.log-aggregation-enable", "true");
        assertThat(Judgement.restarts(lasting, lasting, "here").verdict()).isEqualTo(Verdict.OK);
        assertThat(Judgement.logs(lasting, "here").verdict()).isEqualTo(Verdict.OK);
        assertThat(Judgement.logs(forgetful, "here").verdict()).isEqualTo(Verdict.WARNING);
    }

    @Test
    void whatDeadApplicationsHaveLeftIsAWarningWithTheCommandThatTakesItAway() {
        assertThat(Judgement.leftovers(0, 0, List.of()).verdict()).isEqualTo(Verdict.OK);
        Finding left = Judgement.leftovers(3, 5 << 20, List.of());
        assertThat(left.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(left.text()).contains("3 files", "5 MiB", "selvage fsck --delete");
        Finding unjudged = Judgement.leftovers(0, 0, List.of("The journal can't be read."));
        assertThat(unjudged.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(unjudged.text()).endsWith("as far as it can be judged: The journal can't be read.");
    }

    @Test
    void whatFitsIsShownWithTheLimits() {
        Finding fits = Judgement.containers(
                SessionConfig.from(Configuration.defaults()),
                new ClusterLimits(
                        8192,
                        4,
                        List.of(new ClusterLimits.Node("a:1", "/rack", Set.of(), 8192, 4, 0, 0, 0)),
                        Set.of(),
                        Set.of()));
        assertThat(fits.verdict()).isEqualTo(Verdict.OK);
        assertThat(fits.text()).contains("up to 8192m and 4 virtual cores on the one node that runs");
    }

    @Test
    void aFindingIsOneLine() {
        assertThat(new Finding("HDFS", Verdict.PROBLEM, "It said:\n  no\n").text())
                .isEqualTo("It said: no");
    }

    @Test
    void aTicketIsShownWithHowLongItLasts() {
        Ticket ticket = new Ticket("anna@EXAMPLE.COM", 0, Duration.ofHours(10).toMillis());
        assertThat(Judgement.ticket(ticket, false, Duration.ofMinutes(90).toMillis()))
                .isEqualTo(Finding.ok("Kerberos", "a ticket of anna@EXAMPLE.COM, for another 8 h 30 min"));
        long nearEnd = Duration.ofMinutes(595).toMillis();
        assertThat(Judgement.ticket(ticket, false, nearEnd).verdict()).isEqualTo(Verdict.WARNING);
        assertThat(Judgement.ticket(ticket, false, nearEnd).text()).contains("0 h 5 min", "kinit");
        assertThat(Judgement.ticket(ticket, true, nearEnd).verdict())
                .as("the keytab gets the next one")
                .isEqualTo(Verdict.OK);
    }

    @Test
    void aQueueThatYarnMayStillChooseIsAWarning() {
        Queues.Choice fine = new Queues.Choice(QUEUE, "", false);
        assertThat(Judgement.queue("q", fine, "anna"))
                .isEqualTo(Finding.ok("queue", "\"q\" takes applications of anna"));
        Finding missing = Judgement.queue("default", new Queues.Choice(QUEUE, "It is not there.", true), "anna");
        assertThat(missing.verdict()).isEqualTo(Verdict.WARNING);
        assertThat(missing.text()).startsWith("It is not there. ").contains("placement rules");
    }

    @Test
    void whatIsInTheWayOfASharedRuntimeComesWithItsRemedy() {
        assertThat(shared(Standing.FOR_ALL, "hdfs://nn/apps/f.zip").verdict()).isEqualTo(Verdict.OK);
        assertThat(shared(Standing.FOR_SOME, "hdfs://nn/apps").text()).endsWith("hdfs dfs -chmod o+x hdfs://nn/apps");
        assertThat(shared(Standing.FOR_SOME, "hdfs://nn/apps/f.zip").text())
                .contains("read hdfs://nn/apps/f.zip")
                .endsWith("hdfs dfs -chmod o+r hdfs://nn/apps/f.zip");
        assertThat(shared(Standing.NO_ROOT, "hdfs://nn/apps").text()).endsWith("selvage share /apps");
        assertThat(shared(Standing.ABSENT, "hdfs://nn/apps/libraries").text()).endsWith("selvage share /apps");
        assertThat(shared(Standing.DAMAGED, "hdfs://nn/apps/f.zip").text())
                .contains("delete it when no session uses it")
                .endsWith("selvage share /apps");
        assertThat(shared(Standing.REPLACEABLE, "hdfs://nn/apps").text())
                .endsWith("hdfs dfs -chmod o-w hdfs://nn/apps");
        assertThat(shared(Standing.MOVABLE, "hdfs://nn/all").text())
                .contains("in the place of /apps", "hdfs dfs -chmod +t hdfs://nn/all")
                .endsWith("hdfs dfs -chmod o-w hdfs://nn/all");
        assertThat(shared(Standing.PUBLIC_ROOT, "hdfs://nn/apps").text())
                .doesNotContain("chmod")
                .endsWith("selvage share /apps/selvage");
        assertThat(shared(Standing.CLOSED, "hdfs://nn/apps").text())
                .contains("you may not read or enter hdfs://nn/apps", "hdfs dfs -chmod a+rX hdfs://nn/apps ");
        for (Standing standing : Standing.values()) {
            if (standing != Standing.FOR_ALL) {
                assertThat(shared(standing, "hdfs://nn/apps").verdict())
                        .as("%s: sessions are opened all the same", standing)
                        .isEqualTo(Verdict.WARNING);
            }
        }
    }

    private static Finding shared(Standing standing, String where) {
        LibraryFile file =
                LibraryFile.newBuilder().setPath("hdfs://nn/apps/f.zip").build();
        boolean isUsable = standing == Standing.FOR_ALL || standing == Standing.FOR_SOME;
        return Judgement.sharedRuntime("/apps", new SharedLibraries.Seen(standing, where, isUsable ? file : null));
    }
}
