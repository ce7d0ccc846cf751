package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileCopyTest {
    private static final int SEVERAL_PIECES = 2 * FileCopy.PIECE_BYTES + 17;

    @TempDir
    private Path directory;

    private final ExecutorService files = Executors.newSingleThreadExecutor();
    private final FileCopy copy = new FileCopy(files);

    @AfterEach
    void close() {
        files.shutdownNow();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void filesComeOutOfTheStreamThatTheyWereGivenInto() throws Exception {
        int[] lengths = {SEVERAL_PIECES, 0, 1, FileCopy.PIECE_BYTES, 100, 2 * FileCopy.PIECE_BYTES};
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int length : lengths) {
            Path file = Files.write(directory.resolve("given"), bytes(length));
            copy.give(file, length, stream);
        }
        ByteArrayInputStream in = new ByteArrayInputStream(stream.toByteArray());
        for (int length : lengths) {
            Path file = directory.resolve("taken");
            copy.take(in, length, file);
            assertThat(Files.readAllBytes(file)).isEqualTo(bytes(length));
        }
        assertThat(in.read()).isNegative();
    }

    @Test
    void aStreamThatEndsTooEarlyIsTold() {
        byte[] half = Arrays.copyOf(bytes(SEVERAL_PIECES), SEVERAL_PIECES - 10);
        assertThatThrownBy(() -> copy.take(new ByteArrayInputStream(half), SEVERAL_PIECES, directory.resolve("taken")))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("10 bytes before its end");
    }

    @Test
    void aFileThatIsTooShortIsNamed() throws Exception {
        Path file = Files.write(directory.resolve("given"), bytes(SEVERAL_PIECES - 10));
        assertThatThrownBy(() -> copy.give(file, SEVERAL_PIECES, OutputStream.nullOutputStream()))
                .as("whether the state is damaged, who gives it knows")
                .isInstanceOf(EOFException.class)
                .hasMessageContaining(file + " can't be copied")
                .hasMessageNotContaining("is given up")
                .hasMessageContaining("shorter than it was, by 10 bytes");
    }

    @Test
    void whatTheStreamThrowsIsThrown() throws Exception {
        Path file = Files.write(directory.resolve("given"), bytes(SEVERAL_PIECES));
        IOException refused = new IOException("refused");
        OutputStream out = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw refused;
            }
        };
        assertThatThrownBy(() -> copy.give(file, SEVERAL_PIECES, out)).isSameAs(refused);
        copy.give(file, SEVERAL_PIECES, OutputStream.nullOutputStream()); // It can be used all the same.
    }

    @Test
    void aFileThatTheDiskDoesNotGiveIsNamed() throws Exception {
        Path none = directory.resolve("none");
        Path unreadable = Files.createDirectory(directory.resolve("unreadable"));
        for (Path each : new Path[] {none, unreadable}) { // One can't be opened, the other one not be read.
            assertThatThrownBy(() -> copy.give(each, 10, OutputStream.nullOutputStream()))
                    .isInstanceOf(LocalDiskException.class)
                    .hasMessageContaining("State can't be read from " + each)
                    .hasMessageContaining("has failed")
                    .hasMessageNotContaining("make room");
        }
    }
}
