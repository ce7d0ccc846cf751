package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.exit.ClientException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.yarn.api.protocolrecords.GetNewApplicationResponse;
import org.apache.hadoop.yarn.api.protocolrecords.impl.pb.GetNewApplicationResponsePBImpl;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceTypeInfo;
import org.apache.hadoop.yarn.client.api.impl.YarnClientImpl;
import org.apache.hadoop.yarn.proto.YarnProtos.ResourceInformationProto;
import org.apache.hadoop.yarn.proto.YarnProtos.ResourceProto;
import org.apache.hadoop.yarn.proto.YarnServiceProtos.GetNewApplicationResponseProto;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A cluster has GPUs, and the client's own Hadoop configuration does not name them. */
class ResourceTypesTest {
    private static final String GPU = "yarn.io/gpu";

    private final List<ResourceTypeInfo> knownHere = ResourceUtils.getResourcesTypeInfo();

    /** It has one node. */
    private final class Cluster extends YarnClientImpl {
        @Override
        public List<ResourceTypeInfo> getResourceTypeInfo() {
            List<ResourceTypeInfo> types = new ArrayList<>(knownHere);
            types.add(ResourceTypeInfo.newInstance(GPU));
            return types;
        }

        @Override
        public List<NodeReport> getNodeReports(NodeState... states) {
            Resource size = Resource.newInstance(65_536, 16);
            return List.of(NodeReport.newInstance(
                    NodeId.newInstance("n7", 8041), NodeState.RUNNING, "", "rack", null, size, 0, "", 0));
        }

        @Override
        public List<NodeLabel> getClusterNodeLabels() {
            return List.of();
        }
    }

    @AfterEach
    void forget() {
        ResourceUtils.reinitializeResources(knownHere);
    }

    /** As it comes from the ResourceManager. */
    private static GetNewApplicationResponse response() {
        ResourceProto largest = ResourceProto.newBuilder()
                .setMemory(65_536)
                .setVirtualCores(16)
                .addResourceValueMap(
                        ResourceInformationProto.newBuilder().setKey(GPU).setValue(2))
                .build();
        return new GetNewApplicationResponsePBImpl(GetNewApplicationResponseProto.newBuilder()
                .setMaximumCapability(largest)
                .build());
    }

    private static SessionConfig asking(int gpus) {
        return SessionConfig.from(
                Configuration.defaults().withOptions(List.of("selvage.executor.resource." + GPU + "=" + gpus)));
    }

    @Test
    void areKnownBeforeTheClustersAnswerIsRead() {
        try (Yarn yarn = new Yarn(new Cluster(), "rm:8032", new Waiting(sentence -> {}))) {
            ClusterResources.limitsFor(yarn, asking(2), response());
            ResourceUtils.reinitializeResources(knownHere);
            assertThatThrownBy(() -> ClusterResources.limitsFor(yarn, asking(3), response()))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining(GPU);
            assertThat(yarn.moreResourceTypes()).isEqualTo(Set.of(GPU));
        }
    }
}
