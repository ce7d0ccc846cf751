package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.LibraryFile;
import org.junit.jupiter.api.Test;

class ShareCommandTest {
    private static final LibraryFile OPEN = LibraryFile.newBuilder()
            .setPath("hdfs://nn/apps/selvage/libraries/1a/libraries-2b.zip")
            .setSha256("1a")
            .setLength(64 << 20)
            .setForAll(true)
            .build();

    @Test
    void whatToSetIsSaidOnlyIfItIsOfUse() {
        assertThat(ShareCommand.inWords(OPEN))
                .isEqualTo("The runtime (64.0 MiB) is in hdfs://nn/apps/selvage/libraries/1a/libraries-2b.zip.\n"
                        + "Have everybody's conf/selvage.yaml say: selvage.library.root: hdfs://nn/apps/selvage");
        assertThat(ShareCommand.inWords(OPEN.toBuilder().setForAll(false).build()))
                .contains("Not everybody can read it there: let all enter the directories above hdfs://nn/apps/selvage")
                .doesNotContain("selvage.library.root");
    }

    @Test
    void asJson() {
        assertThat(Json.write(ShareCommand.json(OPEN)))
                .isEqualTo(
                        "{\"root\": \"hdfs://nn/apps/selvage\", \"path\": \"hdfs://nn/apps/selvage/libraries/1a/libraries-2b.zip\", \"sha256\": \"1a\","
                                + " \"bytes\": 67108864, \"for_all\": true}");
    }
}
