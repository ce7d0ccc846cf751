package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

class LocalDiskExceptionTest {
    @TempDir
    private Path directory;

    private LocalDiskException ofJava(String reason) {
        return new LocalDiskException(
                "be written to", directory, new FileSystemException(directory + "/1.sst", null, reason));
    }

    private static IOException ofRocks(Path directory, Status.Code code, String reason) {
        return LocalDiskException.of(
                "be opened in",
                directory,
                new RocksDBException("While open a file: " + reason, new Status(code, Status.SubCode.None, reason)));
    }

    @Test
    void aFullDiskIsOfTheNode() {
        assertThat(ofJava("No space left on device").isOfNode()).isTrue();
        assertThat(ofJava("No space left on device"))
                .hasMessageStartingWith("State can't be written to " + directory + ", where ")
                .hasMessageContaining("MiB are free: " + directory + "/1.sst: No space left on device. ")
                .hasMessageContaining("make room");
    }

    @Test
    void theLimitOfOpenFilesIsNoFaultOfTheDisk() {
        IOException ofRocks = ofRocks(directory, Status.Code.IOError, "Too many open files");
        for (IOException each : new IOException[] {ofJava("Too many open files"), ofRocks}) {
            assertThat(each)
                    .hasMessageStartingWith("State can't be ")
                    .hasMessageContaining(directory + ", as this process may have no more files open")
                    .hasMessageContaining("Too many open files. That is no fault of the disk. ")
                    .hasMessageContaining("LimitNOFILE")
                    .hasMessageContaining("ulimit -Hn")
                    .hasMessageNotContaining("make room");
            assertThat(each)
                    .isInstanceOfSatisfying(
                            LocalDiskException.class,
                            limited -> assertThat(limited.isOfNode()).isFalse());
        }
        assertThat(ofJava("Too many open files")).hasMessageMatching(".* no more files open than \\d+: .*");
    }

    @Test
    void aNodeThatMayHaveNoMoreFilesOpenIsLeft() {
        assertThat(ofJava("Too many open files in system").isOfNode()).isTrue();
        assertThat(ofJava("Too many open files in system"))
                .hasMessageContaining("this node may have no more files open")
                .hasMessageContaining("fs.file-max")
                .hasMessageNotContaining("make room");
    }

    @Test
    void whatRocksThinksOfTheFilesThemselvesIsNotOfTheDisk() {
        IOException corrupt = ofRocks(directory, Status.Code.Corruption, "bad checksum");
        assertThat(LocalDiskException.in(corrupt)).isNull();
        assertThat(LocalDamageException.in(new UncheckedIOException(corrupt)))
                .isSameAs(corrupt)
                .hasMessageContaining("State can't be opened in " + directory)
                .hasMessageContaining("bad checksum");
        IOException another = ofRocks(directory, Status.Code.Busy, "busy");
        assertThat(LocalDamageException.in(another)).isNull();
        assertThat(LocalDiskException.in(another)).isNull();
    }

    @Test
    void itIsFoundDeepInAFailure() {
        LocalDiskException ofDisk = ofJava("No space left on device");
        assertThat(LocalDiskException.in(new IllegalStateException(new UncheckedIOException(ofDisk))))
                .isSameAs(ofDisk);
        assertThat(LocalDiskException.in(new IOException("another"))).isNull();
        assertThat(LocalDiskException.in(null)).isNull();
    }
}
