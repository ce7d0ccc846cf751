package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingTest {
    private static final String AWAY = "The ResourceManager at one:8032 does not answer.";

    private final ManualTime time = new ManualTime();
    private final List<String> told = new ArrayList<>();
    private final Waiting waiting = new Waiting(told::add, time);
    private int asked;

    /** Away until that time, each question in vain taking as long as one does that nobody listens to. */
    private String ask(ExitCode absence, Duration until, Duration vain) {
        asked++;
        if (time.passed().compareTo(until) >= 0) {
            return "an answer";
        }
        time.pass(vain);
        throw new ClientException(absence, AWAY);
    }

    @Test
    void whoeverIsBackWithinAMinuteIsAskedAgainAndThePersonIsToldOnce() {
        for (ExitCode absence : List.of(ExitCode.NO_CLUSTER, ExitCode.SESSION_FAILED)) {
            Duration until = time.passed().plusSeconds(50);
            told.clear();
            assertThat(waiting.untilAnswered(() -> ask(absence, until, Duration.ofSeconds(4))))
                    .isEqualTo("an answer");
            assertThat(told).containsExactly("Waiting for up to 60 s: " + AWAY);
        }
    }

    /** Each absence of a command that asks many times. */
    @Test
    void theNextAbsenceIsWaitedForAsLongAndToldOfAgain() {
        for (int absences = 1; absences <= 3; absences++) {
            Duration until = time.passed().plusSeconds(50);
            waiting.untilAnswered(() -> ask(ExitCode.NO_CLUSTER, until, Duration.ZERO));
            assertThat(told).hasSize(absences);
        }
    }

    /** After a minute without YARN there may be no master yet. */
    @Test
    void theMasterIsWaitedForAsLongOnceYarnIsBack() {
        Duration yarnIsBack = Duration.ofSeconds(50);
        Duration masterIsBack = yarnIsBack.plusSeconds(50);
        assertThat(waiting.untilAnswered(() -> ask(
                        time.passed().compareTo(yarnIsBack) < 0 ? ExitCode.NO_CLUSTER : ExitCode.SESSION_FAILED,
                        masterIsBack,
                        Duration.ofSeconds(4))))
                .isEqualTo("an answer");
        assertThat(told).hasSize(2);
    }

    @Test
    void twoThatAreAwayInTurnAreNotWaitedForWithoutEnd() {
        assertThatThrownBy(() -> waiting.untilAnswered(() -> ask(
                        asked % 2 == 0 ? ExitCode.NO_CLUSTER : ExitCode.SESSION_FAILED,
                        Duration.ofDays(1),
                        Duration.ofSeconds(1))))
                .isInstanceOf(ClientException.class);
        assertThat(time.passed()).isLessThan(Waiting.PATIENCE.multipliedBy(2));
    }

    @Test
    void anAbsenceOfAMomentIsNotWorthALine() {
        Duration until = Waiting.TOLD;
        assertThat(waiting.untilAnswered(() -> ask(ExitCode.SESSION_FAILED, until, Duration.ZERO)))
                .isEqualTo("an answer");
        assertThat(told).isEmpty();
        assertThat(asked).isGreaterThan(1);
    }

    @Test
    void nothingIsAskedAfterAMinuteAndItEndsAsTheQuestionDid() {
        Duration vain = Duration.ofSeconds(7);
        assertThatThrownBy(() -> waiting.untilAnswered(() -> ask(ExitCode.NO_CLUSTER, Duration.ofDays(1), vain)))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                .hasMessage(AWAY);
        assertThat(time.passed()).isBetween(Waiting.PATIENCE, Waiting.PATIENCE.plus(vain));
        assertThat(told).hasSize(1);
    }

    @Test
    void aRefusalIsAnAnswer() {
        for (ExitCode refusal : List.of(ExitCode.REFUSED, ExitCode.NO_SESSION, ExitCode.INTERRUPTED)) {
            asked = 0;
            assertThatThrownBy(() -> waiting.untilAnswered(() -> ask(refusal, Duration.ofDays(1), Duration.ZERO)))
                    .isInstanceOf(ClientException.class);
            assertThat(asked).isEqualTo(1);
        }
        assertThat(time.passed()).isZero();
    }

    @Test
    void whoIsInterruptedAsHeWaitsHearsOfThat() {
        Waiting interrupted = new Waiting(told::add, new Waiting.Time() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                throw new InterruptedException();
            }
        });
        assertThatThrownBy(() ->
                        interrupted.untilAnswered(() -> ask(ExitCode.NO_CLUSTER, Duration.ofDays(1), Duration.ZERO)))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.INTERRUPTED));
        assertThat(Thread.interrupted()).as("it stays interrupted").isTrue();
    }
}
