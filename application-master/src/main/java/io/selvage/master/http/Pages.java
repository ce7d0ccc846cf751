package io.selvage.master.http;

import com.google.protobuf.Message;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.SessionDescription;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** The addresses that there are, and what is asked of the loop for each. For the thread that serves connections. */
final class Pages {
    private final Questions questions;

    Pages(Questions questions) {
        this.questions = questions;
    }

    /**
     * What is at an address.
     *
     * @param ready once that is done, by whatever thread, the page can be made
     * @param page makes it; takes long enough to be nothing for the loop
     */
    record Pending(CompletableFuture<?> ready, Supplier<HttpAnswer> page) {
        static Pending now(HttpAnswer answer) {
            return new Pending(CompletableFuture.completedFuture(answer), () -> answer);
        }
    }

    Pending ask(HttpRequest request) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return Pending.now(HttpAnswer.html(405, "This page can only be read."));
        }
        return switch (request.path()) {
            case "/" -> page();
            case "/api/session" -> session();
            case "/api/jobs" -> jobs();
            default -> Pending.now(HttpAnswer.html(404, "There is no such page here."));
        };
    }

    private Pending page() {
        var session = questions.tryAsk(MasterEvent.SessionQueried::new);
        var jobs = askForJobs();
        if (session.isEmpty() || jobs.isEmpty()) {
            return Pending.now(busy());
        }
        return new Pending(
                CompletableFuture.allOf(session.get(), jobs.get()),
                () -> HttpAnswer.html(
                        200,
                        StatusPage.of(
                                of(session.get(), SessionDescription.class),
                                of(jobs.get(), ListJobsResponse.class).getJobsList(),
                                System.currentTimeMillis())));
    }

    private Pending session() {
        return pending(
                questions.tryAsk(MasterEvent.SessionQueried::new),
                session -> Json.of(of(session, SessionDescription.class)));
    }

    private Pending jobs() {
        return pending(
                askForJobs(),
                jobs -> Json.ofAll(of(jobs, ListJobsResponse.class).getJobsList()));
    }

    private Optional<CompletableFuture<Message>> askForJobs() {
        Function<RequestId, MasterEvent> question = id -> new MasterEvent.JobsQueried(id, "", true);
        return questions.tryAsk(question);
    }

    private static Pending pending(
            Optional<CompletableFuture<Message>> asked, Function<CompletableFuture<Message>, String> json) {
        return asked.map(answer ->
                        new Pending(answer, () -> new HttpAnswer(200, HttpAnswer.JSON, json.apply(answer))))
                .orElseGet(() -> Pending.now(busy()));
    }

    static HttpAnswer busy() {
        return HttpAnswer.html(503, "The master is busy: try again in a moment.");
    }

    private static <T extends Message> T of(CompletableFuture<Message> done, Class<T> kind) {
        return kind.cast(done.join());
    }
}
