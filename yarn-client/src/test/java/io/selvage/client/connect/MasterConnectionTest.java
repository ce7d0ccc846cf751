package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class MasterConnectionTest {
    @Test
    void aMasterThatDiesUnderACallIsAbsentAndHasNotAnswered() {
        assertThat(MasterConnection.isAbsence(Status.UNAVAILABLE)).isTrue();
        assertThat(MasterConnection.isAbsence(Status.DEADLINE_EXCEEDED)).isTrue();
        assertThat(MasterConnection.isAbsence(
                        Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException())))
                .isTrue();
        assertThat(MasterConnection.isAbsence(Status.INTERNAL.withCause(new IOException("Connection reset by peer"))))
                .isTrue();
    }

    @Test
    void anAnswerIsAnAnswerWhateverItSays() {
        assertThat(MasterConnection.isAbsence(Status.UNKNOWN.withDescription("it has thrown")))
                .isFalse();
        assertThat(MasterConnection.isAbsence(Status.UNIMPLEMENTED)).isFalse();
        assertThat(MasterConnection.isAbsence(Status.INTERNAL)).isFalse();
    }
}
