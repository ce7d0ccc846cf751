package io.selvage.master.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Questions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StatusServerTest {
    /** Nothing is asked of a loop for it. */
    private static final String REQUEST = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";

    @Test
    void tellsWhoMayNotReadNothingAndCountsHim() throws IOException {
        InetAddress proxy = InetAddress.getByName("127.0.0.2");
        Doors doors = new Doors();
        StatusServer server = StatusServer.start(
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0),
                new Questions(new Inbox(what -> {
                    throw new IllegalStateException(what);
                })),
                doors,
                proxy::equals);
        try {
            assertThat(answerTo(InetAddress.getByName("127.0.0.3"), server.port()))
                    .startsWith("HTTP/1.1 403 Forbidden")
                    .contains("selvage.network.status-access");
            assertThat(doors.status().total()).isEqualTo(1);
            assertThat(answerTo(proxy, server.port())).startsWith("HTTP/1.1 404 Not Found");
            assertThat(doors.status().total()).isEqualTo(1);
        } finally {
            server.stop();
        }
    }

    private static String answerTo(InetAddress client, int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port, client, 0)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
