package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** As the ResourceManager's RMAppImpl reckons. */
@Timeout(60)
class AttemptCapTest {
    private static final SessionConfig TEN =
            SessionConfig.from(Configuration.defaults().withOptions(List.of("selvage.application.max-attempts=10")));

    private static YarnConfiguration cluster() {
        return new YarnConfiguration(new org.apache.hadoop.conf.Configuration(false));
    }

    @Test
    void theClustersGlobalMaximumCapsWhatIsAsked() {
        YarnConfiguration cluster = cluster();
        cluster.setInt("yarn.resourcemanager.am.global.max-attempts", 4);
        cluster.setInt("yarn.resourcemanager.am.max-attempts", 2);
        assertThat(AttemptCap.effective(TEN, cluster)).isEqualTo(4);
        cluster.setInt("yarn.resourcemanager.am.global.max-attempts", 40);
        assertThat(AttemptCap.effective(TEN, cluster)).isEqualTo(10);
    }

    @Test
    void withoutOneTheDefaultOfApplicationsDoes() {
        YarnConfiguration cluster = cluster();
        cluster.setInt("yarn.resourcemanager.am.max-attempts", 3);
        assertThat(AttemptCap.effective(TEN, cluster)).isEqualTo(3);
    }

    @Test
    void whatTheResourceManagerSaysGoesBeforeThisHostsFile() throws IOException {
        HttpServer manager = listening();
        manager.createContext("/conf", exchange -> {
            byte[] settings = ("<configuration><property><name>yarn.resourcemanager.am.max-attempts</name>"
                            + "<value>5</value></property></configuration>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, settings.length);
            exchange.getResponseBody().write(settings);
            exchange.close();
        });
        manager.start();
        try {
            YarnConfiguration believed = cluster();
            believed.set(
                    YarnConfiguration.RM_WEBAPP_ADDRESS,
                    "127.0.0.1:" + manager.getAddress().getPort());
            believed.setInt("yarn.resourcemanager.am.max-attempts", 10);
            assertThat(AttemptCap.ask(believed, Duration.ofSeconds(40)).effective(TEN))
                    .isEqualTo(5);
        } finally {
            manager.stop(0);
        }
    }

    /** Its socket takes connections, and nobody reads them. */
    @Test
    void nobodyWaitsLongForOneThatIsSilent() throws IOException {
        HttpServer silent = listening();
        try {
            YarnConfiguration believed = cluster();
            believed.set(
                    YarnConfiguration.RM_WEBAPP_ADDRESS,
                    "127.0.0.1:" + silent.getAddress().getPort());
            believed.setInt("yarn.resourcemanager.am.max-attempts", 7);
            long startNanos = System.nanoTime();
            assertThat(AttemptCap.ask(believed).effective(TEN)).isEqualTo(7);
            assertThat(System.nanoTime() - startNanos).isBetween(900_000_000L, 10_000_000_000L);
        } finally {
            silent.stop(0);
        }
    }

    private static HttpServer listening() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }
}
