package io.selvage.master.yarn;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;

/**
 * The containers that the ResourceManager is asked for, all of one size. Used by the loop, which alone asks and
 * withdraws, and by YARN's callback thread, which tells of answers; hence the concurrent map.
 *
 * <p>Of one size, as CapacityScheduler takes requests in the order of their ids and goes no further than to one that it
 * can't grant: a forgotten larger request would keep all that follow from being granted.
 */
final class Requests {
    private final Consumer<ContainerRequest> adds;
    private final Consumer<ContainerRequest> removes;
    /** By allocation request id: what an allocation answers is found by this alone, never by its size. */
    private final Map<Long, ContainerRequest> unanswered = new ConcurrentHashMap<>();

    /**
     * @param adds to what the ResourceManager is asked for
     * @param removes from that
     */
    Requests(Consumer<ContainerRequest> adds, Consumer<ContainerRequest> removes) {
        this.adds = adds;
        this.removes = removes;
    }

    /** Withdraws those of other sizes: an answer that crossed a withdrawal may have left some that nobody counts. */
    void ask(ContainerRequest request) {
        unanswered.values().stream()
                .filter(other -> !other.getCapability().equals(request.getCapability()))
                .forEach(this::remove);
        unanswered.put(request.getAllocationRequestId(), request);
        adds.accept(request);
    }

    void withdraw(int count) {
        Iterator<ContainerRequest> any = unanswered.values().iterator();
        for (int i = 0; i < count && any.hasNext(); i++) {
            remove(any.next());
        }
    }

    /** YARN has given a container for it; one that was withdrawn already is not known any more. */
    void onAnswered(long id) {
        ContainerRequest answered = unanswered.get(id);
        if (answered != null) {
            remove(answered);
        }
    }

    boolean isEmpty() {
        return unanswered.isEmpty();
    }

    private void remove(ContainerRequest request) {
        if (unanswered.remove(request.getAllocationRequestId(), request)) {
            removes.accept(request);
        }
    }
}
