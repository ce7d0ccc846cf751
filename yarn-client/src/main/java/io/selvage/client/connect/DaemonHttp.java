package io.selvage.client.connect;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Reads what a daemon of Hadoop's has on a page; on the calling thread, in bounded time. */
public final class DaemonHttp {
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(4);

    private DaemonHttp() {}

    /** One for the process, made when it is needed: each has a thread of its own, and its connections. */
    private static final class Client {
        static final HttpClient SHARED =
                HttpClient.newBuilder().connectTimeout(CONNECT_PATIENCE).build();
    }

    /**
     * Waits twice the patience at most: a request's own time-out ends when the headers are there.
     *
     * @throws ExecutionException if the daemon does not answer
     */
    public static HttpResponse<byte[]> get(URI page, Duration patience)
            throws ExecutionException, InterruptedException {
        return Client.SHARED
                .sendAsync(
                        HttpRequest.newBuilder(page).timeout(patience).build(), HttpResponse.BodyHandlers.ofByteArray())
                .orTimeout(2 * patience.toMillis(), TimeUnit.MILLISECONDS)
                .get();
    }
}
