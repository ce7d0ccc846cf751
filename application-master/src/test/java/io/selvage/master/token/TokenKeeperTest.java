package io.selvage.master.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.security.Credentials;
import org.junit.jupiter.api.Test;

class TokenKeeperTest {
    private static final long START = 1_000_000_000_000L;
    private static final long DAY = Duration.ofDays(1).toMillis();

    private final List<Credentials> used = new ArrayList<>();
    private long now = START;
    private long lifetime = DAY;
    private boolean isAway;
    private int asked;
    private final TokenKeeper keeper = new TokenKeeper(this::obtain, used::add, () -> now);

    private TokenSource.Obtained obtain() throws IOException {
        asked++;
        if (isAway) {
            throw new IOException("no answer");
        }
        return new TokenSource.Obtained(new Credentials(), now + lifetime);
    }

    /** What the thread does, without the waiting. */
    private void passTime(long millis) {
        long end = now + millis;
        while (now < end) {
            long pause = keeper.runOnce();
            assertThat(pause).isPositive();
            now = Math.min(end, now + pause);
        }
    }

    @Test
    void newTokensAreObtainedAtHalfOfTheLifeOfThoseInUse() {
        assertThat(keeper.runOnce()).isEqualTo(DAY / 2);
        assertThat(used).hasSize(1);
        now += DAY / 2 - 1;
        assertThat(keeper.runOnce()).isEqualTo(1);
        assertThat(used).hasSize(1);
        now++;
        keeper.runOnce();
        assertThat(used).hasSize(2).doesNotHaveDuplicates();
        passTime(30 * DAY);
        assertThat(used).hasSizeBetween(61, 62);
    }

    @Test
    void aFailureIsTriedAgainOftenEnoughAndNotTooOften() {
        keeper.runOnce();
        now += DAY / 2;
        isAway = true;
        passTime(DAY / 4);
        assertThat(used).hasSize(1);
        assertThat(asked).isEqualTo(1 + (int) Duration.ofHours(6).toMinutes());
        isAway = false;
        passTime(TokenKeeper.LONGEST_PAUSE_AFTER_FAILURE_MILLIS + 1);
        assertThat(used).hasSize(2);
    }

    @Test
    void tokensThatHoldForSecondsAreNewEachTimeBeforeTheyEnd() {
        lifetime = 10_000;
        passTime(60_000);
        assertThat(used).hasSizeBetween(12, 13);
        isAway = true;
        passTime(20_000);
        assertThat(asked - used.size()).as("tries, after pauses that grow").isBetween(5, 7);
    }

    @Test
    void aMasterThatWasStoppedForLongObtainsThemAtOnce() {
        keeper.runOnce();
        now += 3 * DAY;
        assertThat(keeper.runOnce()).isEqualTo(DAY / 2);
        assertThat(used).hasSize(2);
    }

    @Test
    void aMasterThatGetsNoneAtItsStartTriesEachSecond() {
        isAway = true;
        assertThat(keeper.runOnce()).isEqualTo(TokenKeeper.LEAST_PAUSE_MILLIS);
        assertThat(used).isEmpty();
        isAway = false;
        now += TokenKeeper.LEAST_PAUSE_MILLIS;
        keeper.runOnce();
        assertThat(used).hasSize(1);
    }
}
