package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.yarn.api.ApplicationClientProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.KillApplicationRequest;
import org.apache.hadoop.yarn.api.protocolrecords.KillApplicationResponse;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.impl.YarnClientImpl;
import org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** YARN takes the order at once, and may be long to carry it out. */
@Timeout(300)
class KillTest {
    private static final ApplicationId ID = ApplicationId.newInstance(7, 1);
    private static final ApplicationReport RUNNING = report(YarnApplicationState.RUNNING);
    private static final ApplicationReport KILLED = report(YarnApplicationState.KILLED);

    /** Of a manual clock, and less than is waited for. */
    private static final int LOOKS_OF_SECONDS = 40;

    private final ManualTime time = new ManualTime();
    private final List<String> waits = new ArrayList<>();
    private final Cluster cluster = new Cluster();

    private static ApplicationReport report(YarnApplicationState state) {
        ApplicationReport report = Records.newRecord(ApplicationReport.class);
        report.setYarnApplicationState(state);
        return report;
    }

    /** Its calls come one after the other, each on a thread of its own. */
    private static final class Cluster extends YarnClientImpl {
        private final Deque<Callable<ApplicationReport>> answers = new ArrayDeque<>();
        private Callable<ApplicationReport> lastAnswer = () -> RUNNING;
        private Callable<Void> order = () -> null;
        private int kills;

        @Override
        public void killApplication(ApplicationId id, String why) throws YarnException, IOException {
            kills++;
            called(order);
        }

        @Override
        public ApplicationReport getApplicationReport(ApplicationId id) throws YarnException, IOException {
            return called(answers.isEmpty() ? lastAnswer : answers.remove());
        }

        private static <T> T called(Callable<T> answer) throws YarnException, IOException {
            try {
                return answer.call();
            } catch (YarnException | IOException | RuntimeException failed) {
                throw failed;
            } catch (Exception other) {
                throw new IllegalStateException(other);
            }
        }
    }

    @Test
    void oneThatTakesLongIsLookedAfter() {
        for (int i = 0; i < LOOKS_OF_SECONDS; i++) {
            cluster.answers.add(() -> RUNNING);
        }
        cluster.lastAnswer = () -> KILLED;
        kill();
        assertThat(waits)
                .singleElement()
                .asString()
                .endsWith("was asked to kill application_7_0001, and is still at it: the application is RUNNING.");
    }

    @Test
    void oneThatTakesTooLongIsNotTakenForAClusterThatIsAway() {
        assertThatThrownBy(this::kill)
                .isInstanceOfSatisfying(
                        ClientException.class,
                        sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.SESSION_FAILED))
                .hasMessage("The ResourceManager at rm:8032 was asked to kill application_7_0001, and is still at it:"
                        + " the application is RUNNING.");
        assertThat(time.passed()).isEqualTo(Waiting.PATIENCE);
    }

    @Test
    void oneThatIsDoneAtOnceIsNotWaitedFor() {
        cluster.lastAnswer = () -> KILLED;
        kill();
        assertThat(cluster.kills).isEqualTo(1);
        assertThat(time.passed()).isZero();
    }

    @Test
    void whatIsForgottenAfterTheOrderHasEnded() {
        cluster.answers.add(() -> RUNNING);
        cluster.lastAnswer = () -> {
            throw new ApplicationNotFoundException("evicted");
        };
        assertThatCode(this::kill).doesNotThrowAnyException();
    }

    @Test
    void whatWasNotKnownBeforeTheOrderIsNoSession() {
        cluster.order = () -> {
            throw new ApplicationNotFoundException("of another cluster");
        };
        assertThatThrownBy(this::kill)
                .isInstanceOfSatisfying(
                        ClientException.class,
                        sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_SESSION));
    }

    @Test
    void nothingWasAskedOfAClusterThatIsAway() {
        cluster.order = () -> {
            throw new ConnectException("refused");
        };
        assertThatThrownBy(this::kill)
                .isInstanceOfSatisfying(
                        ClientException.class,
                        sentence -> assertThat(sentence.exitCode()).isEqualTo(ExitCode.NO_CLUSTER))
                .hasMessageContaining("did not answer when it was to kill application_7_0001")
                .hasMessageNotContaining("was asked");
        assertThat(cluster.kills).isGreaterThan(1);
        assertThat(waits).singleElement().asString().doesNotContain("was asked");
    }

    @Test
    void theNextResourceManagerIsGivenTheOrderToo() {
        cluster.answers.add(() -> RUNNING);
        cluster.answers.add(() -> RUNNING); // Of another one, to which the client has gone over by itself.
        cluster.lastAnswer = () -> KILLED;
        kill();
        assertThat(cluster.kills).isEqualTo(3);
    }

    @Test
    void anOutageInBetweenLeavesTimeForTheEnd() {
        cluster.answers.add(() -> RUNNING);
        cluster.answers.add(() -> {
            time.sleep(Waiting.PATIENCE);
            return RUNNING;
        });
        cluster.lastAnswer = () -> KILLED;
        assertThatCode(this::kill).doesNotThrowAnyException();
    }

    @Test
    void theClientDoesNotWaitForTheEnd() throws Exception {
        List<KillApplicationRequest> orders = new ArrayList<>();
        ApplicationClientProtocol resourceManager = (ApplicationClientProtocol) Proxy.newProxyInstance(
                ApplicationClientProtocol.class.getClassLoader(),
                new Class<?>[] {ApplicationClientProtocol.class},
                (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("forceKillApplication");
                    orders.add((KillApplicationRequest) arguments[0]);
                    return KillApplicationResponse.newInstance(false);
                });
        PromptClient client = new PromptClient() {
            {
                rmClient = resourceManager;
            }
        };
        client.killApplication(ID, "test");
        assertThat(orders).singleElement().satisfies(order -> {
            assertThat(order.getApplicationId()).isEqualTo(ID);
            assertThat(order.getDiagnostics()).isEqualTo("test");
        });
    }

    private void kill() {
        try (Yarn yarn = new Yarn(cluster, "rm:8032", new Waiting(waits::add, time)).patient()) {
            yarn.kill(ID, "test");
        }
    }
}
