package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.Session;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a cluster with Kerberos, whose tokens hold for seconds: {@link KerberosCluster}. */
@Tag("kerberos")
class KerberosIT {
    private static final String KEYTAB = "selvage-master.keytab";

    @TempDir
    static Path scratch;

    private static KerberosCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = new KerberosCluster(scratch, Path.of("target", "kerberos"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aSessionWithAKeytabOutlivesItsTokensWithNewExecutorsAndANewMaster() throws Exception {
        cluster.asAnna(() -> {
            try (VerifiedSession session = open(Map.of(
                    "selvage.security.kerberos.keytab",
                    cluster.annasKeytab().toString(),
                    "selvage.security.kerberos.principal",
                    KerberosCluster.ANNA))) {
                assertThat(session.session().describe().getTokensEndMillis()).isZero();
                VerifiedJob job = session.submit();
                session.awaitCheckpoints(job);
                assertOnlyTheMasterHasTheKeytab(session);
                awaitEndOfTokens();
                session.awaitCheckpoints(job);
                assertThat(session.describe(job).getRestarts()).isZero();

                killAnExecutor(session, job);

                awaitNewTokens();
                // Nobody but an executor finds out about it within the time of this test.
                SessionDescription before = session.session().describe();
                signal("STOP", before.getMasterPid());
                Commands.await(
                        "the next master",
                        () -> session.session().describe().getEpoch(),
                        epoch -> epoch > before.getEpoch());
                awaitEndOfTokens();
                session.awaitCheckpoints(job);

                killAnExecutor(session, job);
                JobDescription end = session.assertEndsRight(job);
                // If the next master has not come within the life of a token, nothing was left that it could take over.
                assertThat(end.getRestarts()).as(end.toString()).isBetween(2, 3);
            }
            return null;
        });
    }

    @Test
    void aSessionWithoutAKeytabSaysHowLongItLivesAndBelongsToTheUserForWhomItWasOpened() throws Exception {
        cluster.forAnna(() -> {
            long beforeMillis = System.currentTimeMillis();
            try (VerifiedSession session = open(Map.of())) {
                assertThat(session.session().report().getUser()).isEqualTo("anna");
                assertThat(session.session().describe().getTokensEndMillis())
                        .isBetween(
                                beforeMillis + KerberosCluster.LIFE_MILLIS,
                                System.currentTimeMillis() + KerberosCluster.LIFE_MILLIS);
                assertOnlyTheProxyMayReadTheStatusPage(session.session());
            }
            return null;
        });
    }

    /** The proxy is the ResourceManager's, and asks from its address, 127.0.0.1; the master's page is there too. */
    private static void assertOnlyTheProxyMayReadTheStatusPage(Session session) throws Exception {
        URI page = URI.create(session.webPage()).resolve("api/session");
        HttpClient http = HttpClient.newHttpClient();
        Commands.await(
                "the page at " + page,
                () -> http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString()),
                answer -> answer.statusCode() == 200
                        && answer.body().contains("\"application_id\":\"" + session.applicationId() + "\""));

        long refusedBefore = session.describe().getRefusedStatusConnections();
        int port = URI.create(session.describe().getTrackingUrl()).getPort();
        InetAddress master = InetAddress.getByName("127.0.0.1");
        try (Socket socket = new Socket(master, port, InetAddress.getByName("127.0.0.2"), 0)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write("GET /api/session HTTP/1.1\r\nHost: master\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 Forbidden")
                    .contains("Only YARN's web proxy may read this page here")
                    .doesNotContain(session.applicationId());
        }
        assertThat(session.describe().getRefusedStatusConnections()).isGreaterThan(refusedBefore);
    }

    private static VerifiedSession open(Map<String, String> more) throws IOException {
        String options = "-XX:TieredStopAtLevel=1 -Djava.security.krb5.conf=" + cluster.krb5Conf();
        Map<String, String> settings = new HashMap<>(more);
        settings.putAll(Map.of(
                "selvage.executor.standby", "0",
                "selvage.executor.memory", "1g",
                "selvage.network.encryption", "true",
                "selvage.master.memory", "512m",
                "selvage.master.jvm-options", options,
                "selvage.executor.jvm-options", options));
        return new VerifiedSession(cluster.hadoop(), Files.createTempDirectory(scratch, "session"), settings);
    }

    private static void awaitEndOfTokens() throws Exception {
        long end = System.currentTimeMillis() + KerberosCluster.LIFE_MILLIS;
        Commands.await("tokens of now are over", System::currentTimeMillis, now -> now > end);
    }

    /** Of both executors. */
    private static void awaitNewTokens() throws Exception {
        long before = tokensTaken();
        Commands.await("new tokens in both executors", KerberosIT::tokensTaken, taken -> taken >= before + 2);
    }

    private static long tokensTaken() throws IOException {
        long taken = 0;
        try (Stream<Path> files = Files.walk(cluster.hadoop().nodeFolder(0).resolve("log"))) {
            for (Path log : files.filter(file -> file.endsWith("executor.log")).toList()) {
                taken += Files.readAllLines(log).stream()
                        .filter(line -> line.contains(" new tokens of the master of epoch "))
                        .count();
            }
        }
        return taken;
    }

    private static void killAnExecutor(VerifiedSession session, VerifiedJob job) throws Exception {
        ExecutorDescription victim = session.busy().get(0);
        int restarts = session.describe(job).getRestarts();
        signal("KILL", victim.getPid());
        session.await(job, "the failure is noticed", now -> now.getRestarts() > restarts);
        session.awaitCheckpoints(job);
        assertThat(session.executorPids()).doesNotContain(victim.getPid());
    }

    private static void assertOnlyTheMasterHasTheKeytab(VerifiedSession session) throws IOException {
        List<Path> links = new ArrayList<>();
        for (int node = 0; node < cluster.hadoop().nodeManagerCount(); node++) {
            try (Stream<Path> files =
                    Files.walk(cluster.hadoop().nodeFolder(node).resolve("local"))) {
                files.filter(file -> file.endsWith(KEYTAB) && Files.isSymbolicLink(file))
                        .forEach(links::add);
            }
        }
        assertThat(links)
                .as("in working directories")
                .singleElement()
                .satisfies(link -> assertThat(link.getParent().toString()).endsWith("_000001"));
        try (FileSystem files = FileSystem.newInstance(cluster.hadoop().hadoopConfiguration())) {
            FileStatus keytab = files.getFileStatus(new org.apache.hadoop.fs.Path(
                    files.getHomeDirectory(), ".selvage/" + session.session().applicationId() + "/" + KEYTAB));
            assertThat(keytab.getPermission().toShort()).isEqualTo((short) 0600);
            assertThat(keytab.getOwner()).isEqualTo("anna");
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }
}
