package io.selvage.master.http;

import com.google.protobuf.Message;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SessionDescription;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that serves connections: the addresses that there are, and what is asked of the loop for each.
 */
final class Pages {
    private final Question session;
    private final Question jobs;
    private final Made page = new Made();
    private final Made sessionJson = new Made();
    private final Made jobsJson = new Made();

    /** @param onAnswer called by the loop when it has answered: it must return at once */
    Pages(Questions questions, Doors doors, Runnable onAnswer) {
        this.session = new Question(questions, doors::sessionQuestion, onAnswer);
        this.jobs = new Question(questions, id -> new MasterEvent.JobsQueried(id, "", true), onAnswer);
    }

    /**
     * What is at an address. Nothing refers to it but who has asked: of those that are gone, nothing is left while the
     * loop is silent.
     *
     * @param ready whether the page can be made
     * @param page makes it; takes too long for the loop
     */
    record Pending(BooleanSupplier ready, Supplier<HttpAnswer> page) {
        static Pending now(HttpAnswer answer) {
            return new Pending(() -> true, () -> answer);
        }
    }

    /** Asked once at a time, whoever wants to know: the loop has other things to do. */
    private static final class Question {
        private final Questions questions;
        private final Function<RequestId, MasterEvent> event;
        private final Runnable onAnswer;
        private @Nullable CompletableFuture<Message> asked;

        Question(Questions questions, Function<RequestId, MasterEvent> event, Runnable onAnswer) {
            this.questions = questions;
            this.event = event;
            this.onAnswer = onAnswer;
        }

        /** Empty: too many questions wait for the loop. */
        Optional<CompletableFuture<Message>> ask() {
            CompletableFuture<Message> pending = asked;
            if (pending != null && !pending.isDone()) {
                return Optional.of(pending);
            }
            Optional<CompletableFuture<Message>> answer = questions.tryAsk(event);
            asked = answer.orElse(null);
            answer.ifPresent(future -> future.whenComplete((done, failed) -> onAnswer.run()));
            return answer;
        }
    }

    Pending ask(HttpRequest request) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return Pending.now(HttpAnswer.html(405, "This page can only be read."));
        }
        return switch (request.path()) {
            case "/" -> page();
            case "/api/session" -> json(session, sessionJson, answer -> Json.of(of(answer, SessionDescription.class)));
            case "/api/jobs" -> json(jobs, jobsJson, answer -> Json.ofAll(jobsIn(answer)));
            default -> Pending.now(HttpAnswer.html(404, "There is no such page here."));
        };
    }

    /** What was made last of what the loop has answered, as long as somebody holds it. */
    private static final class Made {
        private List<CompletableFuture<Message>> answers = List.of();
        private WeakReference<HttpAnswer> page = new WeakReference<>(null);

        HttpAnswer of(List<CompletableFuture<Message>> wanted, Supplier<HttpAnswer> make) {
            HttpAnswer made = answers.equals(wanted) ? page.get() : null;
            if (made == null) {
                made = make.get();
                answers = wanted;
                page = new WeakReference<>(made);
            }
            return made;
        }
    }

    private Pending page() {
        CompletableFuture<Message> aboutSession = session.ask().orElse(null);
        CompletableFuture<Message> aboutJobs = jobs.ask().orElse(null);
        if (aboutSession == null || aboutJobs == null) {
            return Pending.now(busy());
        }
        return new Pending(
                () -> aboutSession.isDone() && aboutJobs.isDone(),
                () -> page.of(
                        List.of(aboutSession, aboutJobs),
                        () -> HttpAnswer.html(
                                200,
                                StatusPage.of(
                                        of(aboutSession, SessionDescription.class),
                                        jobsIn(aboutJobs),
                                        System.currentTimeMillis()))));
    }

    /** Nobody has asked readers who they are, not even YARN's proxy for certain: they are shown no records. */
    private static List<JobDescription> jobsIn(CompletableFuture<Message> answer) {
        return of(answer, ListJobsResponse.class).getJobsList().stream()
                .map(Pages::withoutRecords)
                .toList();
    }

    private static JobDescription withoutRecords(JobDescription job) {
        JobDescription.Builder shown = job.toBuilder();
        if (job.hasFailure()) {
            shown.setFailure(FailureWords.withoutRecords(job.getFailure()));
        }
        for (Recovery.Builder recovery : shown.getRecoveriesBuilderList()) {
            if (recovery.hasFailure()) {
                recovery.setFailure(FailureWords.withoutRecords(recovery.getFailure()));
            }
        }
        return shown.build();
    }

    private static Pending json(Question question, Made made, Function<CompletableFuture<Message>, String> text) {
        return question.ask()
                .map(answer -> new Pending(
                        answer::isDone,
                        () -> made.of(List.of(answer), () -> new HttpAnswer(200, HttpAnswer.JSON, text.apply(answer)))))
                .orElseGet(() -> Pending.now(busy()));
    }

    static HttpAnswer busy() {
        return HttpAnswer.html(503, "The master is busy: try again in a moment.");
    }

    private static <T extends Message> T of(CompletableFuture<Message> done, Class<T> kind) {
        return kind.cast(done.join());
    }
}
