package io.selvage.master.job;

import io.selvage.protocol.config.RestartPolicy;
import io.selvage.protocol.wire.FailureKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Owned by a job: its failures, and what its {@link RestartPolicy} makes of them.
 *
 * <p>With the exponential policy a checkpoint completed since the last failure counts as progress and starts the count
 * anew, as a quiet period does: a function that fails each time at the same record is given up after the policy's
 * attempts, a job on a restless cluster is not. Nothing is to be gained by waiting after the loss of an executor, so
 * the first failure of that kind without another before it costs no delay. Each other delay is shortened by up to
 * {@value #JITTER_PERCENT} percent, so that jobs that failed together don't come back together.
 */
final class RestartCount {
    static final int JITTER_PERCENT = 10;
    /** So many failures' times are journaled at most; a window that holds more counts too few under the next master. */
    static final int MAX_TIMES = 100;

    private final RestartPolicy policy;
    private final RandomGenerator random;
    /** Those within the window of a policy that has one. */
    private final Deque<Long> failuresNanos = new ArrayDeque<>();

    private int inARow;
    private int inAll;
    private long lastFailureNanos;
    private String refusal = "";

    RestartCount(RestartPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
    }

    /** The delay in nanoseconds before the next incarnation; empty if there is none: see {@link #refusal}. */
    OptionalLong onFailure(FailureKind kind, long nowNanos) {
        inAll++;
        Optional<Duration> delay = decide(kind, nowNanos);
        lastFailureNanos = nowNanos;
        return delay.map(this::jittered).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    /** What the journal says of failures under earlier masters that no progress has followed. */
    void resumeRow(int failuresInARow, long newestNanos) {
        inARow = failuresInARow;
        inAll = failuresInARow;
        lastFailureNanos = newestNanos;
    }

    /** What the journal says of all failures under earlier masters, and of the newest ones' times, oldest first. */
    void resume(int failuresInAll, List<Long> newestNanos) {
        inAll = failuresInAll;
        failuresNanos.addAll(newestNanos);
    }

    /** Failures since the last one that was followed by progress. */
    int inARow() {
        return inARow;
    }

    /** Failures of the job since it was submitted. */
    int inAll() {
        return inAll;
    }

    /** When the newest failures were that a window may still hold; oldest first. */
    List<Long> newestNanos() {
        return failuresNanos.stream()
                .skip(Math.max(0, failuresNanos.size() - MAX_TIMES))
                .toList();
    }

    /** A checkpoint of the incarnation that runs has completed. */
    void onProgress() {
        inARow = 0;
    }

    /** Why there is no restart: a sentence. */
    String refusal() {
        return refusal;
    }

    private Optional<Duration> decide(FailureKind kind, long nowNanos) {
        if (policy instanceof RestartPolicy.Exponential exponential) {
            return exponential(exponential, kind, nowNanos);
        }
        inARow++;
        if (policy instanceof RestartPolicy.Fixed fixed) {
            return isWithin(fixed.attempts(), inAll) ? Optional.of(fixed.delay()) : none();
        }
        if (policy instanceof RestartPolicy.FailureRate rate) {
            return failureRate(rate, nowNanos);
        }
        refusal = "selvage.restart.policy is none.";
        return none();
    }

    private Optional<Duration> exponential(RestartPolicy.Exponential exponential, FailureKind kind, long nowNanos) {
        if (nowNanos - lastFailureNanos >= exponential.quietPeriod().toNanos()) {
            inARow = 0;
        }
        inARow++;
        if (!isWithin(exponential.attempts(), inARow)) {
            return none();
        }
        if (kind == FailureKind.EXECUTOR_LOST && inARow == 1) {
            return Optional.of(Duration.ZERO);
        }
        double factor = Math.pow(exponential.multiplier(), inARow - 1.0);
        double nanos = exponential.initialDelay().toNanos() * factor;
        return Optional.of(
                Duration.ofNanos((long) Math.min(nanos, exponential.maxDelay().toNanos())));
    }

    private Optional<Duration> failureRate(RestartPolicy.FailureRate rate, long nowNanos) {
        failuresNanos.addLast(nowNanos);
        while (nowNanos - failuresNanos.getFirst() > rate.window().toNanos()) {
            failuresNanos.removeFirst();
        }
        if (failuresNanos.size() > rate.failures()) {
            refusal = "There were " + failuresNanos.size() + " failures within "
                    + rate.window().toMillis() / 1000.0 + " s (selvage.restart.rate.failures is " + rate.failures()
                    + ").";
            return none();
        }
        return Optional.of(rate.delay());
    }

    private boolean isWithin(int attempts, int failures) {
        refusal = "It has been restarted " + attempts + " times without lasting success (selvage.restart.attempts).";
        return failures <= attempts;
    }

    private long jittered(Duration delay) {
        return (long) (delay.toNanos() * (1 - random.nextDouble() * JITTER_PERCENT / 100));
    }

    private static Optional<Duration> none() {
        return Optional.empty();
    }
}
