package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.selvage.task.control.Silence.Verdict;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class SilenceTest {
    private static final long LIMIT = 100;

    private final Silence silence = new Silence(LIMIT, 1_000);

    private Verdict judge(long nowNanos, long topSlot) {
        return judge(nowNanos, topSlot, 1);
    }

    private Verdict judge(long nowNanos, long topSlot, long signOfLife) {
        return silence.judge(nowNanos, new Silence.Traces(topSlot, signOfLife));
    }

    @Test
    void aMasterThatIsSilentAndWritesNothingIsReplaced() {
        assertThat(judge(1_050, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_099, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_100, 7)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aMasterWhoseJournalGrowsIsWellAndTheConnectionIsNot() {
        assertThat(judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_100, 8)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_150, 8)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_199, 8)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_200, 8)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aMasterThatRenewsItsSignOfLifeIsWellAlthoughItTakesNoCheckpoints() {
        long sign = 1;
        for (long now = 1_000; now < 2_000; now += 10) {
            sign += now % 40 == 0 ? 1 : 0;
            assertThat(judge(now, 7, sign)).isEqualTo(Verdict.WAIT);
        }
        assertThat(judge(2_000, 7, sign + 1)).isEqualTo(Verdict.WAIT);
        assertThat(judge(2_060, 7, sign + 1)).isEqualTo(Verdict.WAIT);
        assertThat(judge(2_110, 7, sign + 1)).isEqualTo(Verdict.REPLACE);
    }

    /** This process was paused, say, and now runs again: the master may never have been silent. */
    @Test
    void theFirstLookJudgesNothingHoweverLateItComes() {
        assertThat(judge(9_000, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(9_049, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(9_050, 7)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aPauseBetweenTwoLooksIsNotTheMastersSilence() {
        assertThat(judge(1_060, 7, 1)).isEqualTo(Verdict.WAIT);
        assertThat(judge(9_000, 7, 300)).isEqualTo(Verdict.WAIT);
        assertThat(silence.isLong(9_040)).isFalse();
    }

    /** A partition of this host has healed: the master could not be heard, nor its traces be seen. */
    @Test
    void whatWasSeenBeforeTracesWereHiddenProvesNothing() {
        assertThat(judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        silence.onTracesHidden();
        assertThat(judge(5_000, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(5_040, 7)).isEqualTo(Verdict.WAIT);
        silence.onHeard(5_045);
        assertThat(judge(5_060, 7)).isEqualTo(Verdict.WAIT);
    }

    @Test
    void aWordFromTheMasterBeginsTheWaitAnew() {
        assertThat(judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        silence.onHeard(1_090);
        assertThat(silence.isLong(1_100)).isFalse();
        assertThat(judge(1_140, 9)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_190, 9)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aProcessThatIsGoneIsLeftToYarnForLonger() {
        silence.onGone();
        assertThat(judge(1_200, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_399, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_400, 7)).isEqualTo(Verdict.REPLACE);
        silence.onHeard(1_410);
        assertThat(judge(1_460, 7)).isEqualTo(Verdict.WAIT);
        assertThat(judge(1_510, 7)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void refusalsAndResetsAreTheAnswersOfALivingHost() {
        assertThat(GrpcLink.isGone(Status.UNAVAILABLE
                        .withDescription("io exception")
                        .withCause(new ConnectException("finishConnect(..) failed: Connection refused"))))
                .isTrue();
        assertThat(GrpcLink.isGone(Status.UNAVAILABLE
                        .withDescription("io exception")
                        .withCause(new IOException("Connection reset by peer"))))
                .isTrue();
        assertThat(GrpcLink.isGone(Status.UNAVAILABLE.withDescription("Network closed for unknown reason")))
                .isTrue();
        assertThat(GrpcLink.isGone(Status.UNAVAILABLE
                        .withDescription("io exception")
                        .withCause(new ConnectException("connection timed out: /10.0.0.7:4711"))))
                .isFalse();
        assertThat(GrpcLink.isGone(
                        Status.UNAVAILABLE.withDescription("Keepalive failed. The connection is likely gone")))
                .isFalse();
        assertThat(GrpcLink.isGone(Status.CANCELLED.withDescription("it has not answered for 5000 ms")))
                .isFalse();
    }
}
