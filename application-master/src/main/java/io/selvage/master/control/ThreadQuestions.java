package io.selvage.master.control;

import io.selvage.master.event.ConnectionId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.ThreadDump;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What executors have been asked about their threads and have not answered yet. Shared by the transport's threads,
 * which ask for clients and hear executors: hence a concurrent map. The loop has no part in it. Bounded.
 */
final class ThreadQuestions {
    /** Questions that may wait for their answers. */
    static final int CAPACITY = 64;
    /** An executor that has not answered for so long is not waited for. */
    static final long MAX_WAIT_MILLIS = 3_000;

    private final Map<Long, Question> waiting = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();

    private record Question(ConnectionId asked, CompletableFuture<ShowThreadsResponse> answer) {}

    /**
     * Never fails: who does not answer in time is said not to.
     *
     * @param connection null: there is none
     */
    CompletableFuture<ShowThreadsResponse> ask(
            ExecutorId executor, @Nullable ExecutorConnection connection, DumpThreads wanted) {
        if (connection == null) {
            return CompletableFuture.completedFuture(silence(
                    "No executor \"" + executor + "\" is connected to the master: see which are with selvage status."));
        }
        if (waiting.size() >= CAPACITY) {
            return CompletableFuture.completedFuture(
                    silence(CAPACITY + " such questions wait for their answers already: ask again in a moment."));
        }
        long id = lastId.incrementAndGet();
        CompletableFuture<ShowThreadsResponse> answer = new CompletableFuture<>();
        waiting.put(id, new Question(connection.id(), answer));
        if (!connection.tryAsk(wanted.toBuilder().setRequest(id).build())) {
            answer.complete(silence("Executor " + executor + " can't be asked now: it is just coming or going."));
        }
        String late = "Executor " + executor + " has not answered within " + MAX_WAIT_MILLIS
                + " ms: its process is stopped or starved, its host is cut off, or its version does not know the"
                + " question. See whether it is still there with selvage status.";
        return answer.completeOnTimeout(silence(late), MAX_WAIT_MILLIS, TimeUnit.MILLISECONDS)
                .whenComplete((message, failure) -> waiting.remove(id));
    }

    /** What was not asked on that connection, or not in time, is of no effect. */
    void onAnswer(ConnectionId from, ThreadDump dump) {
        Question question = waiting.get(dump.getRequest());
        if (question != null && question.asked().equals(from)) {
            question.answer()
                    .complete(ShowThreadsResponse.newBuilder().setDump(dump).build());
        }
    }

    private static ShowThreadsResponse silence(String sentence) {
        return ShowThreadsResponse.newBuilder().setSilence(sentence).build();
    }
}
