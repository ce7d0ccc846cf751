package io.selvage.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.RestartPolicy;
import io.selvage.protocol.wire.FailureKind;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RestartCountTest {
    private static final FailureKind LOST = FailureKind.EXECUTOR_LOST;
    private static final FailureKind THREW = FailureKind.USER_CODE;
    /** No delay is shortened. */
    private static final RandomGenerator NO_JITTER = () -> 0;
    /** Every delay is shortened by as much as one can be. */
    private static final RandomGenerator FULL_JITTER = () -> -1;

    private static final RestartPolicy EXPONENTIAL =
            new RestartPolicy.Exponential(Duration.ofMillis(100), Duration.ofSeconds(1), 3.0, 5, Duration.ofMinutes(5));
    private static final RestartPolicy FIXED = new RestartPolicy.Fixed(Duration.ofSeconds(2), 3);
    private static final RestartPolicy RATE =
            new RestartPolicy.FailureRate(Duration.ofMillis(500), 2, Duration.ofMinutes(1));
    private static final RestartPolicy NONE = new RestartPolicy.None();

    /** Something that happens to a job, so long after what was before. */
    private record Step(Duration after, String kind, long delayMillis) {
        static Step fails(Duration after, FailureKind kind, long delayMillis) {
            return new Step(after, kind.name(), delayMillis);
        }

        static Step endsTheJob(Duration after, FailureKind kind) {
            return new Step(after, kind.name(), -1);
        }

        static Step completesACheckpoint() {
            return new Step(Duration.ofSeconds(1), "", 0);
        }
    }

    private static Arguments row(String claim, RestartPolicy policy, Step... steps) {
        return Arguments.of(claim, policy, List.of(steps));
    }

    private static Step fails(FailureKind kind, long delayMillis) {
        return Step.fails(Duration.ofSeconds(10), kind, delayMillis);
    }

    private static Step endsTheJob(FailureKind kind) {
        return Step.endsTheJob(Duration.ofSeconds(10), kind);
    }

    static Stream<Arguments> delaysOfPolicies() {
        Step progress = Step.completesACheckpoint();
        return Stream.of(
                row(
                        "exponential: each delay is a multiple of the one before, up to the longest, so often",
                        EXPONENTIAL,
                        fails(THREW, 100),
                        fails(THREW, 300),
                        fails(THREW, 900),
                        fails(THREW, 1_000),
                        fails(THREW, 1_000),
                        endsTheJob(THREW)),
                row(
                        "exponential: the first loss in a row costs no delay, the second does",
                        EXPONENTIAL,
                        fails(LOST, 0),
                        fails(LOST, 300),
                        fails(LOST, 900)),
                row(
                        "exponential: a loss after another failure waits",
                        EXPONENTIAL,
                        fails(THREW, 100),
                        fails(LOST, 300)),
                row(
                        "exponential: a checkpoint starts the count and the delay anew",
                        EXPONENTIAL,
                        fails(THREW, 100),
                        fails(THREW, 300),
                        progress,
                        fails(THREW, 100),
                        progress,
                        fails(LOST, 0)),
                row(
                        "exponential: a quiet period starts the count and the delay anew",
                        EXPONENTIAL,
                        fails(THREW, 100),
                        fails(THREW, 300),
                        Step.fails(Duration.ofSeconds(299), THREW, 900),
                        Step.fails(Duration.ofMinutes(5), THREW, 100)),
                row(
                        "fixed: so many restarts in all, whatever comes between",
                        FIXED,
                        fails(THREW, 2_000),
                        progress,
                        fails(LOST, 2_000),
                        Step.fails(Duration.ofDays(30), THREW, 2_000),
                        progress,
                        endsTheJob(THREW)),
                row(
                        "failure rate: one more than the window may hold ends the job",
                        RATE,
                        fails(THREW, 500),
                        progress,
                        fails(LOST, 500),
                        endsTheJob(THREW)),
                row(
                        "failure rate: failures leave the window",
                        RATE,
                        fails(THREW, 500),
                        fails(THREW, 500),
                        Step.fails(Duration.ofSeconds(51), THREW, 500),
                        Step.endsTheJob(Duration.ofSeconds(5), THREW)),
                row("none: the first failure is the job's", NONE, endsTheJob(LOST)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("delaysOfPolicies")
    void delaysAreThePolicys(String claim, RestartPolicy policy, List<Step> steps) {
        RestartCount count = new RestartCount(policy, NO_JITTER);
        long nowNanos = Duration.ofHours(1).toNanos();
        for (Step step : steps) {
            nowNanos += step.after().toNanos();
            if (step.kind().isEmpty()) {
                count.onProgress();
            } else {
                OptionalLong delay = count.onFailure(FailureKind.valueOf(step.kind()), nowNanos);
                OptionalLong wanted = step.delayMillis() < 0
                        ? OptionalLong.empty()
                        : OptionalLong.of(Duration.ofMillis(step.delayMillis()).toNanos());
                assertThat(delay).as("%s: %s", claim, step).isEqualTo(wanted);
            }
        }
    }

    @Test
    void jitterShortensADelayByUpToItsPercentageAndNeverLengthensIt() {
        long delayNanos = Duration.ofSeconds(2).toNanos();
        assertThat(new RestartCount(FIXED, NO_JITTER).onFailure(THREW, 0)).hasValue(delayNanos);
        assertThat(new RestartCount(FIXED, FULL_JITTER).onFailure(THREW, 0).orElseThrow())
                .isCloseTo(delayNanos / 100 * 90, Offset.offset(1_000L));
        List<Long> delays = LongStream.range(0, 1_000)
                .mapToObj(seed -> new RestartCount(FIXED, new SplittableRandom(seed))
                        .onFailure(THREW, 0)
                        .orElseThrow())
                .toList();
        assertThat(delays).allMatch(delay -> delay >= delayNanos / 100 * 90 && delay <= delayNanos);
        assertThat(delays.stream().distinct().count()).isGreaterThan(900);
    }

    @Test
    void longestDelayIsShortenedToo() {
        RestartCount count = new RestartCount(EXPONENTIAL, FULL_JITTER);
        for (int failure = 1; failure < 5; failure++) {
            count.onFailure(THREW, 0);
        }
        assertThat(count.onFailure(THREW, 0).orElseThrow())
                .isLessThan(Duration.ofMillis(910).toNanos());
    }

    @Test
    void countGoesOnUnderTheNextMaster() {
        for (RestartPolicy policy : List.of(EXPONENTIAL, FIXED, RATE)) {
            RestartCount before = new RestartCount(policy, NO_JITTER);
            RestartCount whole = new RestartCount(policy, NO_JITTER);
            long nowNanos = Duration.ofHours(1).toNanos();
            before.onFailure(THREW, nowNanos);
            whole.onFailure(THREW, nowNanos);
            RestartCount after = new RestartCount(policy, NO_JITTER);
            after.resumeRow(before.inARow(), nowNanos);
            after.resume(before.inAll(), before.newestNanos());
            for (int failure = 0; failure < 6; failure++) {
                nowNanos += Duration.ofSeconds(5).toNanos();
                assertThat(after.onFailure(THREW, nowNanos))
                        .as("%s, failure %d", policy, failure)
                        .isEqualTo(whole.onFailure(THREW, nowNanos));
            }
        }
    }

    @Test
    void timesThatAreJournaledAreBounded() {
        RestartCount count = new RestartCount(
                new RestartPolicy.FailureRate(Duration.ZERO, 1_000_000, Duration.ofDays(1)), NO_JITTER);
        for (int failure = 1; failure <= 5_000; failure++) {
            count.onFailure(THREW, failure);
        }
        assertThat(count.newestNanos()).hasSize(RestartCount.MAX_TIMES).endsWith(5_000L);
        assertThat(count.inAll()).isEqualTo(5_000);
    }

    @Test
    void refusalNamesTheSetting() {
        RestartCount none = new RestartCount(NONE, NO_JITTER);
        none.onFailure(THREW, 0);
        assertThat(none.refusal()).contains("selvage.restart.policy");
        RestartCount fixed = new RestartCount(new RestartPolicy.Fixed(Duration.ZERO, 0), NO_JITTER);
        fixed.onFailure(THREW, 0);
        assertThat(fixed.refusal()).contains("selvage.restart.attempts");
        RestartCount rate =
                new RestartCount(new RestartPolicy.FailureRate(Duration.ZERO, 0, Duration.ofMinutes(1)), NO_JITTER);
        rate.onFailure(THREW, 0);
        assertThat(rate.refusal()).contains("selvage.restart.rate.failures").contains("60.0 s");
    }
}
