package io.selvage.master.loop;

import com.google.protobuf.Message;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Shared by the loop, which answers, and the threads that serve clients, which ask: hence a concurrent map. Bounded.
 */
public final class Questions {
    /** Questions that may wait for their answers. */
    static final int CAPACITY = 1024;

    private final Inbox inbox;
    private final Map<RequestId, CompletableFuture<Message>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();

    public Questions(Inbox inbox) {
        this.inbox = inbox;
    }

    /** Posts the event that asks; empty if too many questions wait already. */
    public Optional<CompletableFuture<Message>> tryAsk(Function<RequestId, MasterEvent> question) {
        if (waiting.size() >= CAPACITY) {
            return Optional.empty();
        }
        RequestId id = new RequestId(lastId.incrementAndGet());
        CompletableFuture<Message> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        inbox.post(question.apply(id));
        return Optional.of(answer);
    }

    /** Answers a question; one that nobody waits for any more is of no interest. */
    public void answer(RequestId id, Message response) {
        CompletableFuture<Message> answer = waiting.remove(id);
        if (answer != null) {
            answer.complete(response);
        }
    }
}
