package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.DescribeSessionRequest;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.impl.YarnClientImpl;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class MasterConnectionTest {
    private static final DescribeSessionRequest QUESTION = DescribeSessionRequest.getDefaultInstance();
    private static final SessionRecord SESSION = new SessionRecord(
            "application_1_0001",
            "a name",
            "one:8032 or two:8032",
            "hdfs://nn/user/me/.selvage",
            42,
            ApplicationIdentity.create(),
            "me",
            null);

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

    /** Until another ResourceManager has taken over. */
    @Test
    void yarnMayBeAwayForAWhileWhenItIsAskedForTheNextMaster() {
        Cluster cluster = new Cluster(2);
        try (Yarn yarn = new Yarn(cluster, "one:8032 or two:8032", new Waiting(sentence -> {}, new ManualTime()));
                MasterConnection connection = new MasterConnection(yarn, SESSION)) {
            assertThatThrownBy(() -> connection.call(stub -> stub.describeSession(QUESTION)))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_SESSION))
                    .hasMessageContaining("has ended");
            assertThat(cluster.asked).isEqualTo(3);
        }
    }

    @Test
    void yarnThatStaysAwayIsNamedInTheEnd() {
        Cluster cluster = new Cluster(Integer.MAX_VALUE);
        ManualTime time = new ManualTime();
        try (Yarn yarn = new Yarn(cluster, "one:8032 or two:8032", new Waiting(sentence -> {}, time));
                MasterConnection connection = new MasterConnection(yarn, SESSION)) {
            assertThatThrownBy(() -> connection.call(stub -> stub.describeSession(QUESTION)))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                    .hasMessageContaining("one:8032 or two:8032");
            assertThat(time.passed()).isEqualTo(Waiting.PATIENCE);
        }
    }

    /** As whoever waits for the end of a session is. */
    @Test
    void whoIsPatientAsksYarnAgainAndTheOthersOnce() {
        Cluster cluster = new Cluster(2);
        ApplicationId application = ApplicationId.fromString(SESSION.applicationId());
        try (Yarn yarn = new Yarn(cluster, "one:8032 or two:8032", new Waiting(sentence -> {}, new ManualTime()))) {
            assertThatThrownBy(() -> yarn.report(application))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_CLUSTER));
            assertThat(cluster.asked).isEqualTo(1);
            assertThat(SessionState.of(yarn.patient().report(application))).isEqualTo(SessionState.STOPPED);
            assertThat(cluster.asked).isEqualTo(3);
        }
    }

    /** Answers, after some questions, that the application is over. */
    private static final class Cluster extends YarnClientImpl {
        private final int unanswered;
        // Each question comes from a thread of its own, and the next one after its end.
        private volatile int asked;

        Cluster(int unanswered) {
            this.unanswered = unanswered;
        }

        @Override
        public ApplicationReport getApplicationReport(ApplicationId application) throws IOException {
            int before = asked;
            asked = before + 1;
            if (before < unanswered) {
                throw new ConnectException("Connection refused");
            }
            ApplicationReport report = Records.newRecord(ApplicationReport.class);
            report.setApplicationId(application);
            report.setYarnApplicationState(YarnApplicationState.FINISHED);
            report.setFinalApplicationStatus(FinalApplicationStatus.SUCCEEDED);
            report.setDiagnostics("");
            return report;
        }
    }

    /** As one who may not ask at all, whom the cluster's own rules refuse before YARN's. */
    @Test
    void whoIsRefusedIsNotTakenForOneWhoGotNoAnswer() {
        ManualTime time = new ManualTime();
        YarnClientImpl refusing = new YarnClientImpl() {
            @Override
            public ApplicationReport getApplicationReport(ApplicationId application) throws IOException {
                throw new AccessControlException("not authorized");
            }
        };
        try (Yarn yarn = new Yarn(refusing, "one:8032", new Waiting(sentence -> {}, time))) {
            assertThatThrownBy(() -> yarn.patient().report(ApplicationId.newInstance(1, 1)))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.REFUSED));
        }
        assertThat(time.passed()).as("asked once").isZero();
    }

    @Test
    void anAnswerIsAnAnswerWhateverItSays() {
        assertThat(MasterConnection.isAbsence(Status.UNKNOWN.withDescription("it has thrown")))
                .isFalse();
        assertThat(MasterConnection.isAbsence(Status.UNIMPLEMENTED)).isFalse();
        assertThat(MasterConnection.isAbsence(Status.INTERNAL)).isFalse();
    }
}
