package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.orphan.SharedRuntimeSearch;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class RuntimeTagTest {
    private static final String SHA256 = "0123456789abcdef".repeat(4);

    private static ApplicationReport application(int number, String type, Set<String> tags) {
        ApplicationReport report = Records.newRecord(ApplicationReport.class);
        report.setApplicationId(ApplicationId.newInstance(1, number));
        report.setApplicationType(type);
        report.setApplicationTags(tags);
        report.setUser("anna");
        return report;
    }

    @Test
    void whatASessionHasIsReadFromItsTagWhateverItsType() {
        Set<String> tags = RuntimeTag.with(List.of("etl"), Optional.of(SHA256));
        assertThat(tags)
                .contains("etl")
                .hasSize(2)
                .allSatisfy(tag -> assertThat(tag)
                        .as("within YARN's bounds")
                        .hasSizeLessThanOrEqualTo(100)
                        .isLowerCase());
        SharedRuntimeSearch.InUse inUse = RuntimeTag.inUse(List.of(
                application(1, "Streams", tags),
                application(2, "MAPREDUCE", Set.of("etl")),
                application(4, "Selvage", RuntimeTag.with(List.of(), Optional.empty())),
                application(3, "TEZ", Set.of())));
        assertThat(inUse.sha256s()).containsExactly(SHA256);
        assertThat(inUse.unknown()).isEmpty();
    }

    @Test
    void aSessionOfAnEarlierVersionIsNotTakenForOneThatHasNone() {
        SharedRuntimeSearch.InUse inUse = RuntimeTag.inUse(List.of(application(7, "Selvage", Set.of("etl"))));
        assertThat(inUse.unknown())
                .singleElement()
                .asString()
                .contains("application_1_0007 of anna", "earlier version", "Look again when it has ended.");
    }

    @Test
    void whoHasAllTagsThatYarnTakesHasNoRoomForIt() {
        List<String> ten = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        assertThat(RuntimeTag.fitsWith(ten)).isFalse();
        assertThat(RuntimeTag.with(ten, Optional.of(SHA256))).containsExactlyElementsOf(ten);
        assertThat(RuntimeTag.fitsWith(Collections.nCopies(9, "a"))).isTrue();
    }
}
