package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.impl.YarnClientImpl;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** YARN takes the order at once, and long to carry it out. */
@Timeout(60)
class KillTest {
    private static final ApplicationId ID = ApplicationId.newInstance(7, 1);
    private static final Duration SOON = Duration.ofMillis(50);

    private volatile YarnApplicationState state = YarnApplicationState.RUNNING; // Volatile: read by calls' threads.
    private final AtomicInteger kills = new AtomicInteger();
    private final List<String> waits = new ArrayList<>();

    private final class Cluster extends YarnClientImpl {
        @Override
        public void killApplication(ApplicationId id, String why) throws YarnException {
            kills.incrementAndGet();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException left) {
                throw new YarnException(left);
            }
        }

        @Override
        public ApplicationReport getApplicationReport(ApplicationId id) {
            ApplicationReport report = Records.newRecord(ApplicationReport.class);
            report.setYarnApplicationState(state);
            return report;
        }
    }

    @Test
    void oneThatTakesLongIsNotTakenForAClusterThatIsAway() {
        try (Yarn yarn = new Yarn(new Cluster(), "rm:8032", new Waiting(waits::add), false, SOON)) {
            assertThatThrownBy(() -> yarn.kill(ID, "test"))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("was asked to kill application_7_0001, and has not done so within")
                    .hasMessageEndingWith("the application is RUNNING.");
        }
    }

    @Test
    void oneThatIsDoneBeforeYarnsClientSaysSoIsNotAskedForAgain() {
        state = YarnApplicationState.KILLED;
        try (Yarn yarn = new Yarn(new Cluster(), "rm:8032", new Waiting(waits::add), true, SOON)) {
            assertThatCode(() -> yarn.kill(ID, "test")).doesNotThrowAnyException();
        }
        assertThat(kills).hasValue(1);
        assertThat(waits).isEmpty();
    }

    @Test
    void whoIsPatientIsToldWhatIsWaitedFor() {
        ManualTime time = new ManualTime();
        try (Yarn yarn =
                new Yarn(new Cluster(), "rm:8032", new Waiting(waits::add, time), true, Duration.ofMillis(2))) {
            assertThatThrownBy(() -> yarn.kill(ID, "test")).hasMessageContaining("has not done so within");
        }
        assertThat(kills).hasValueGreaterThan(1);
        assertThat(waits).singleElement().asString().contains("was asked to kill application_7_0001");
    }
}
