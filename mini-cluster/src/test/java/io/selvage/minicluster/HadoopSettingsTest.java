package io.selvage.minicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HadoopSettingsTest {

    private static final MiniClusterSettings SETTINGS = MiniClusterSettings.in(Path.of("/c"));

    @Test
    void putsEachSettingIntoTheFileWhereHadoopLooksForIt() {
        assertThat(HadoopSettings.fileOf("fs.defaultFS")).isEqualTo("core-site.xml");
        assertThat(HadoopSettings.fileOf("dfs.replication")).isEqualTo("hdfs-site.xml");
        assertThat(HadoopSettings.fileOf("yarn.acl.enable")).isEqualTo("yarn-site.xml");
    }

    @Test
    void letsTheCallersSettingsWin() {
        MiniClusterSettings own = SETTINGS.withHadoopOverride("dfs.replication", "3")
                .withHadoopOverride("yarn.nm.liveness-monitor.expiry-interval-ms", "600000");

        assertThat(HadoopSettings.shared(own)).containsEntry("dfs.replication", "3");
        assertThat(HadoopSettings.daemonsOnly(own))
                .containsEntry("yarn.nm.liveness-monitor.expiry-interval-ms", "600000");
    }

    @Test
    void offersContainersUpToAWholeNode() {
        assertThat(HadoopSettings.shared(SETTINGS.withNodeMemoryMib(2048).withNodeVcores(3)))
                .containsEntry("yarn.scheduler.maximum-allocation-mb", "2048")
                .containsEntry("yarn.nodemanager.resource.memory-mb", "2048")
                .containsEntry("yarn.scheduler.maximum-allocation-vcores", "3");
    }

    @Test
    void refusesANodeWithoutRoomForAContainer() {
        assertThatThrownBy(() -> SETTINGS.withNodeMemoryMib(0)).hasMessageContaining("choose one from 256");
    }
}
