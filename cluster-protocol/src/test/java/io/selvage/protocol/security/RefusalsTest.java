package io.selvage.protocol.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    private long now = 1;
    private final Refusals refusals = new Refusals("the port of the test", () -> now);

    @Test
    void countsEachAndTellsTheFirstAndThenOneInSoManySeconds() {
        for (int i = 0; i < 1000; i++) {
            refusals.count("127.0.0.1:9", "it said \n\u0007 what no peer says");
        }
        assertThat(refusals.total()).isEqualTo(1000);
        assertThat(refusals.logged()).isEqualTo(1);

        now += Refusals.LOG_EVERY_NANOS;
        refusals.count("127.0.0.1:9", "again");
        assertThat(refusals.logged()).as("the line tells of all before it").isEqualTo(1001);
    }

    /** A heartbeat reports the number, and must not wait for a disk. */
    @Test
    void theNumberIsReadWhileALineOfTheLogIsWritten() throws Exception {
        refusals.count("127.0.0.1:9", "it said nothing");
        synchronized (refusals) { // As long as it writes.
            assertThat(CompletableFuture.supplyAsync(refusals::total).get(60, TimeUnit.SECONDS))
                    .isEqualTo(1);
        }
    }

    @Test
    void ofTooManyNewcomersTheOneThatIsThereLongestGoes() {
        Newcomers<String> newcomers = new Newcomers<>(2);
        assertThat(newcomers.add("first")).isEmpty();
        assertThat(newcomers.add("second")).isEmpty();
        assertThat(newcomers.remove("first")).as("it has proven itself").isTrue();
        assertThat(newcomers.add("third")).isEmpty();
        assertThat(newcomers.add("fourth")).contains("second");
        assertThat(newcomers.remove("second")).as("when its socket is closed").isFalse();
        assertThat(newcomers.count()).isEqualTo(2);
    }
}
