package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DaemonPageTest {
    private HttpServer server;
    private int status = 200;
    private String body =
            "<configuration><property><name>yarn.acl.enable</name><value>true</value></property>" + "</configuration>";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/conf", exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Optional<DaemonPage> page() throws InterruptedException {
        return DaemonPage.of("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Test
    void settingsAndClockAreRead() throws Exception {
        DaemonPage page = page().orElseThrow();
        assertThat(page.settings().getBoolean("yarn.acl.enable", false)).isTrue();
        assertThat(page.clockMillis()).isPresent();
        assertThat(page.clockMillis().getAsLong())
                .isBetween(
                        page.beforeMillis() - DaemonPage.CLOCK_TOLERANCE_MILLIS,
                        page.afterMillis() + DaemonPage.CLOCK_TOLERANCE_MILLIS);
    }

    @Test
    void aDateInWholeSecondsIsRead() {
        assertThat(DaemonPage.clock(Optional.of("Thu, 01 Jan 1970 00:00:05 GMT")))
                .isEqualTo(OptionalLong.of(5_000));
        assertThat(DaemonPage.clock(Optional.of("yesterday"))).isEmpty();
        assertThat(DaemonPage.clock(Optional.empty())).isEmpty();
    }

    @Test
    void aDaemonThatDoesNotTellStrangersIsSilent() throws Exception {
        status = 403;
        assertThat(page()).isEmpty();
        status = 200;
        body = "<html>log in first";
        assertThat(page()).isEmpty();
        server.stop(0);
        assertThat(page()).isEmpty();
    }
}
