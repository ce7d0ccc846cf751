package io.selvage.client.cli;

import io.selvage.client.connect.MasterAbsentException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which executors run a part of one job, or have: as each that is busy is asked by and by. Owned by the command's
 * thread; the time is given to it.
 */
final class JobExecutors {
    /** An executor that runs nothing of the job may be given a part of it, and is asked again after that time. */
    static final long OTHERS_NANOS = 10_000_000_000L;

    private final Set<String> found = new LinkedHashSet<>();
    private final Map<String, Long> others = new HashMap<>(); // By when they ran nothing of it.

    /** Asks an executor whether it runs a part of the job; empty: it does not answer, so nothing is known of it. */
    interface Question {
        Optional<Boolean> ask(String executor) throws MasterAbsentException;
    }

    void look(Collection<String> busy, Question question, long nowNanos) throws MasterAbsentException {
        for (String executor : busy) {
            Long otherNanos = others.get(executor);
            boolean isOther = otherNanos != null && nowNanos - otherNanos < OTHERS_NANOS;
            if (isOther || found.contains(executor)) {
                continue;
            }
            Optional<Boolean> runsPart = question.ask(executor);
            if (runsPart.isEmpty()) {
                continue;
            }
            if (runsPart.get()) {
                found.add(executor);
            } else {
                others.put(executor, nowNanos);
            }
        }
    }

    /** Also those that have ended meanwhile. */
    Set<String> found() {
        return found;
    }
}
