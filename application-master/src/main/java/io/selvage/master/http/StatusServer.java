package io.selvage.master.http;

import com.google.protobuf.Message;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session's tracking URL. Safe for any thread; its own threads wait for the loop's answers.
 *
 * <p>It knows three addresses, takes nothing but GET and HEAD, and changes nothing: behind YARN's web proxy or not,
 * whoever can reach it may look.
 */
public final class StatusServer {
    static final int THREADS = 2;
    static final int BACKLOG = 16;
    static final long ANSWER_SECONDS = 5;
    private static final String HTML = "text/html; charset=utf-8";
    private static final String JSON = "application/json";
    private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);

    private final HttpServer server;
    private final ExecutorService threads;
    private final Questions questions;

    private StatusServer(HttpServer server, ExecutorService threads, Questions questions) {
        this.server = server;
        this.threads = threads;
        this.questions = questions;
    }

    /**
     * Listens.
     *
     * @param address port 0 for any free one
     */
    public static StatusServer start(InetSocketAddress address, Questions questions) throws IOException {
        AtomicInteger number = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "master-http-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        HttpServer server = HttpServer.create(address, BACKLOG);
        StatusServer status = new StatusServer(server, threads, questions);
        server.setExecutor(threads);
        server.createContext("/", status::handle);
        server.start();
        return status;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Stops listening at once. */
    public void stop() {
        server.stop(0);
        threads.shutdown();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                answer(exchange, 405, HTML, "This page can only be read.");
                return;
            }
            answer(exchange, exchange.getRequestURI().getPath());
        } catch (TimeoutException late) {
            LOG.warn("The status page was not answered in {} s.", ANSWER_SECONDS);
            answer(exchange, 503, HTML, "The master is busy: try again in a moment.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(HttpExchange exchange, String path) throws IOException, TimeoutException, InterruptedException {
        switch (path) {
            case "/", "" ->
                answer(exchange, 200, HTML, StatusPage.of(session(), jobs().getJobsList(), System.currentTimeMillis()));
            case "/api/session" -> answer(exchange, 200, JSON, Json.of(session()));
            case "/api/jobs" -> answer(exchange, 200, JSON, Json.ofAll(jobs().getJobsList()));
            default -> answer(exchange, 404, HTML, "There is no such page here.");
        }
    }

    private SessionDescription session() throws TimeoutException, InterruptedException {
        return ask(MasterEvent.SessionQueried::new, SessionDescription.class);
    }

    private ListJobsResponse jobs() throws TimeoutException, InterruptedException {
        return ask(id -> new MasterEvent.JobsQueried(id, "", true), ListJobsResponse.class);
    }

    private <T extends Message> T ask(Function<RequestId, MasterEvent> question, Class<T> kind)
            throws TimeoutException, InterruptedException {
        CompletableFuture<Message> answer =
                questions.tryAsk(question).orElseThrow(() -> new TimeoutException("Too many questions wait."));
        try {
            return kind.cast(answer.get(ANSWER_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("The loop answers every question.", impossible);
        }
    }

    private static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.getResponseHeaders()
                .set(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
    }
}
