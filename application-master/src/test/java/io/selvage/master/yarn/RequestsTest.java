package io.selvage.master.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.junit.jupiter.api.Test;

class RequestsTest {
    private static final SessionConfig CONFIG = SessionConfig.from(Configuration.defaults());

    /** What the ResourceManager holds. */
    private final List<ContainerRequest> held = new ArrayList<>();

    private final Requests requests = new Requests(held::add, held::remove);

    private void ask(long id, long memoryMib) {
        requests.ask(YarnCluster.request(CONFIG, memoryMib, id));
    }

    private List<Long> heldIds() {
        return held.stream().map(ContainerRequest::getAllocationRequestId).toList();
    }

    @Test
    void answeredAndWithdrawnRequestsAreNotRepeated() {
        ask(1, 1024);
        ask(2, 1024);
        ask(3, 1024);
        requests.onAnswered(2);
        assertThat(heldIds()).containsExactly(1L, 3L);
        requests.withdraw(1);
        assertThat(heldIds()).hasSize(1);
        requests.onAnswered(2);
        requests.withdraw(5);
        assertThat(held).isEmpty();
        assertThat(requests.isEmpty()).isTrue();
    }

    @Test
    void requestThatNobodyCountsDoesNotStayBesideThoseOfAnotherSize() {
        ask(1, 1024);
        requests.onAnswered(1); // Its container is on its way to the loop, which withdraws the request meanwhile.
        requests.withdraw(1);
        ask(2, 1280);
        ask(3, 1280); // The container that has come was counted as an answer to the one before.
        requests.withdraw(1);
        ask(4, 1024);
        assertThat(heldIds()).containsExactly(4L);
    }
}
