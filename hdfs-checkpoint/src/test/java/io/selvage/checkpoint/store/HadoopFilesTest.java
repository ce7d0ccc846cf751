package io.selvage.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HadoopFilesTest {
    @Test
    void filesAreClosedWithoutHadoopsLongSleep() {
        Configuration hadoops = new Configuration(false);
        hadoops.setInt(HadoopFiles.CLOSE_DELAY, 400);
        assertThat(HadoopFiles.closingSooner(hadoops).getInt(HadoopFiles.CLOSE_DELAY, 0))
                .isEqualTo(10);
        assertThat(HadoopFiles.closingSooner(new Configuration(false)).getInt(HadoopFiles.CLOSE_RETRIES, 0))
                .isEqualTo(11);
        assertThat(hadoops.getInt(HadoopFiles.CLOSE_DELAY, 0))
                .as("the caller's settings are its own")
                .isEqualTo(400);
    }

    @Test
    void whatASiteHasSetIsKept() {
        Configuration site = new Configuration(false);
        site.setInt(HadoopFiles.CLOSE_DELAY, 50);
        assertThat(HadoopFiles.closingSooner(site)).isSameAs(site);
    }

    @Test
    void onlyADirectoryInWhichNothingIsIsDeletedAsEmpty(@TempDir Path root) throws IOException {
        DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
        Path team = Files.createDirectory(root.resolve("team"));
        Path hidden = Files.createFile(team.resolve(".mine"));
        assertThat(store.deleteIfEmpty("team")).isFalse();
        assertThat(store.deleteIfEmpty("team/.mine")).as("a file").isFalse();
        assertThat(hidden).exists();
        Files.delete(hidden);
        assertThat(store.deleteIfEmpty("team")).isTrue();
        assertThat(team).doesNotExist();
        assertThat(store.deleteIfEmpty("team")).isFalse();
    }
}
