package io.selvage.master.job;

import io.selvage.protocol.config.RestartPolicy;
import io.selvage.protocol.wire.FailureKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
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

    private final RestartPolicy policy;
    private final RandomGenerator random;
    private final Deque<Long> failuresNanos = new ArrayDeque<>();
    private int inARow;
    private long lastFailureNanos;
    private String refusal = "";

    RestartCount(RestartPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
    }

    /** The delay in nanoseconds before the next incarnation; empty if there is none: see {@link #refusal}. */
    OptionalLong onFailure(FailureKind kind, long nowNanos) {
        Optional<Duration> delay = decide(kind, nowNanos);
        lastFailureNanos = nowNanos;
        return delay.map(this::jittered).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    /** What the journal says of failures under an earlier master. */
    void resume(int failuresInARow, long newestNanos) {
        inARow = failuresInARow;
        lastFailureNanos = newestNanos;
    }

    /** Failures since the last one that was followed by progress. */
    int inARow() {
        return inARow;
    }

    /** A checkpoint has completed. */
    void onProgress() {
        if (!(policy instanceof RestartPolicy.Fixed)) {
            inARow = 0;
        }
    }

    /** Why there is no restart: a sentence. */
    String refusal() {
        return refusal;
    }

    private Optional<Duration> decide(FailureKind kind, long nowNanos) {
        if (policy instanceof RestartPolicy.Exponential exponential) {
            return exponential(exponential, kind, nowNanos);
        }
        if (policy instanceof RestartPolicy.Fixed fixed) {
            return withinAttempts(fixed.attempts(), "selvage.restart.attempts") ? Optional.of(fixed.delay()) : none();
        }
        inARow++;
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
        if (!withinAttempts(exponential.attempts(), "selvage.restart.attempts")) {
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

    private boolean withinAttempts(int attempts, String key) {
        inARow++;
        refusal = "It has been restarted " + attempts + " times without lasting success (" + key + ").";
        return inARow <= attempts;
    }

    private long jittered(Duration delay) {
        return (long) (delay.toNanos() * (1 - random.nextDouble() * JITTER_PERCENT / 100));
    }

    private static Optional<Duration> none() {
        return Optional.empty();
    }
}
