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
    private DaemonHttp() {}

    /**
     * Waits twice the patience at most: a request's own time-out ends when the headers are there.
     *
     * @throws ExecutionException if the daemon does not answer
     */
    public static HttpResponse<byte[]> get(URI page, Duration connectPatience, Duration patience)
            throws ExecutionException, InterruptedException {
        return HttpClient.newBuilder()
                .connectTimeout(connectPatience)
                .build()
                .sendAsync(
                        HttpRequest.newBuilder(page).timeout(patience).build(), HttpResponse.BodyHandlers.ofByteArray())
                .orTimeout(2 * patience.toMillis(), TimeUnit.MILLISECONDS)
                .get();
    }
}
