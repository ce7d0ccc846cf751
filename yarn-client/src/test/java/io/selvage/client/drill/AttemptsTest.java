package io.selvage.client.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AttemptsTest {
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final Duration HALF_A_MINUTE = Duration.ofSeconds(30);

    @Test
    void whatIsLeftMayBeUsedUpButForTheLast() {
        Attempts attempts = new Attempts(10, 0, WINDOW);
        assertThat(attempts.refusal(9, HALF_A_MINUTE)).isEmpty();
        assertThat(attempts.refusal(10, HALF_A_MINUTE)).isPresent();
    }

    @Test
    void theRefusalSaysWhatWouldHappenWhyAndWhatToDo() {
        assertThat(new Attempts(10, 3, WINDOW).refusal(20, HALF_A_MINUTE).orElseThrow())
                .isEqualTo("20 faults of the master, 30 s apart, would end the session: YARN gives up an application at"
                        + " 10 failed attempts within 600 s, and 3 have failed within that time. Say --count 6, or an"
                        + " --every of at least 101 s, or open a session with a larger"
                        + " selvage.application.max-attempts (the cluster's"
                        + " yarn.resourcemanager.am.global.max-attempts caps it).");
        assertThat(new Attempts(2, 1, WINDOW).refusal(1, HALF_A_MINUTE).orElseThrow())
                .startsWith("This fault would end the session")
                .contains("Wait until they are older than that");
    }

    @Test
    void faultsThatLieFarApartDoNotAddUp() {
        assertThat(new Attempts(10, 0, WINDOW).refusal(1_000, Duration.ofSeconds(70)))
                .isEmpty();
        assertThat(new Attempts(10, 6, WINDOW).refusal(1_000, Duration.ofSeconds(201)))
                .isEmpty();
        assertThat(new Attempts(10, 6, WINDOW).refusal(1_000, Duration.ofSeconds(200)))
                .isPresent();
    }

    @Test
    void withoutAPauseAllOfThemCount() {
        assertThat(new Attempts(10, 0, WINDOW).refusal(10, Duration.ZERO)).isPresent();
    }
}
