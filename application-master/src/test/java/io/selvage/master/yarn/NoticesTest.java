package io.selvage.master.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.PreemptionContainer;
import org.apache.hadoop.yarn.api.records.PreemptionContract;
import org.apache.hadoop.yarn.api.records.PreemptionMessage;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.StrictPreemptionContract;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NoticesTest {
    private static NodeReport report(NodeState state) {
        NodeReport report = Records.newRecord(NodeReport.class);
        report.setNodeId(NodeId.newInstance("n7", 8041));
        report.setNodeState(state);
        report.setHealthReport("");
        return report;
    }

    @Test
    void aNodeThatIsBeingDecommissionedIsLeavingAndSaysWhen() {
        NodeReport report = report(NodeState.DECOMMISSIONING);
        report.setDecommissioningTimeout(3600);
        assertThat(Notices.ofNode(report))
                .contains(
                        new MasterEvent.NodeLeaving("n7:8041", "Node n7:8041 is being decommissioned, within 3600 s."));
    }

    @ParameterizedTest
    @EnumSource(
            value = NodeState.class,
            names = {"LOST", "UNHEALTHY", "DECOMMISSIONED", "SHUTDOWN"})
    void aNodeWhoseContainersYarnHasGivenUpIsLost(NodeState state) {
        assertThat(Notices.ofNode(report(state)))
                .contains(new MasterEvent.NodeLost("n7:8041", "Node n7:8041 is " + state + " for YARN."));
    }

    @ParameterizedTest
    @EnumSource(
            value = NodeState.class,
            names = {"NEW", "RUNNING", "REBOOTED"})
    void aNodeThatIsThereIsNoNews(NodeState state) {
        assertThat(Notices.ofNode(report(state))).isEmpty();
    }

    @Test
    void aNodeThatHasComeIsNewsOnlyIfAnExecutorFitsThere() {
        SessionConfig config = SessionConfig.from(Configuration.defaults());
        NodeReport small = report(NodeState.RUNNING);
        small.setCapability(Resource.newInstance(16, 8));
        NodeReport large = report(NodeState.RUNNING);
        large.setNodeId(NodeId.newInstance("n8", 8041));
        large.setCapability(Resource.newInstance(65_536, 8));
        NodeReport gone = report(NodeState.LOST);
        gone.setCapability(Resource.newInstance(65_536, 8));
        assertThat(Notices.ofLargeEnough(List.of(small, gone), config)).isEmpty();
        assertThat(Notices.ofLargeEnough(List.of(small, large, large), config))
                .contains(new MasterEvent.ExecutorsFit("n8:8041"));
    }

    @Test
    void preemptedContainersAreNamedOnceTheCertainOnesFirst() {
        PreemptionContainer certain = container("container_1_0002_01_000003");
        PreemptionContainer possible = container("container_1_0002_01_000004");
        PreemptionMessage message = Records.newRecord(PreemptionMessage.class);
        StrictPreemptionContract strict = Records.newRecord(StrictPreemptionContract.class);
        strict.setContainers(Set.of(certain));
        message.setStrictContract(strict);
        PreemptionContract negotiable = Records.newRecord(PreemptionContract.class);
        negotiable.setContainers(Set.of(certain, possible));
        message.setContract(negotiable);
        assertThat(Notices.ofPreemption(message))
                .extracting(MasterEvent.ContainerToBePreempted::executor)
                .containsExactly(
                        new ExecutorId(certain.getId().toString()),
                        new ExecutorId(possible.getId().toString()));
        assertThat(Notices.ofPreemption(message).get(0).reason()).contains("will be taken");
    }

    @Test
    void anEmptyMessageIsNoNews() {
        assertThat(Notices.ofPreemption(Records.newRecord(PreemptionMessage.class)))
                .isEmpty();
    }

    private static PreemptionContainer container(String id) {
        PreemptionContainer container = Records.newRecord(PreemptionContainer.class);
        container.setId(ContainerId.fromString(id));
        return container;
    }
}
