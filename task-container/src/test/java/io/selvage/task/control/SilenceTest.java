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

    @Test
    void aMasterThatIsSilentAndWritesNothingIsReplaced() {
        assertThat(silence.judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_099, 7)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_100, 7)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aMasterWhoseJournalGrowsIsWellAndTheConnectionIsNot() {
        assertThat(silence.judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_100, 8)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_190, 8)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_200, 8)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aWordFromTheMasterBeginsTheWaitAnew() {
        assertThat(silence.judge(1_060, 7)).isEqualTo(Verdict.WAIT);
        silence.onHeard(1_090);
        assertThat(silence.isLong(1_100)).isFalse();
        assertThat(silence.judge(1_150, 9)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_190, 9)).isEqualTo(Verdict.REPLACE);
    }

    @Test
    void aProcessThatIsGoneIsLeftToYarnForLonger() {
        silence.onGone();
        assertThat(silence.judge(1_300, 7)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_400, 7)).isEqualTo(Verdict.REPLACE);
        silence.onHeard(1_410);
        assertThat(silence.judge(1_470, 7)).isEqualTo(Verdict.WAIT);
        assertThat(silence.judge(1_510, 7)).isEqualTo(Verdict.REPLACE);
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
