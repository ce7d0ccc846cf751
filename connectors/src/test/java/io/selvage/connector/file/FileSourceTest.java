package io.selvage.connector.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.graph.InvalidProgramException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class FileSourceTest {
    @TempDir
    Path folder;

    static IntStream seeds() {
        return IntStream.range(0, 300);
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private static String randomLine(Random random) {
        String alphabet = "abcé\uD83E\uDDF5\" ,";
        int length = random.nextInt(4) == 0 ? 0 : random.nextInt(20);
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int index = alphabet.offsetByCodePoints(0, random.nextInt(alphabet.codePointCount(0, alphabet.length())));
            line.appendCodePoint(alphabet.codePointAt(index));
        }
        return line.toString();
    }

    @Test
    void aFileSystemThatDoesNotAnswerIsNoBadInput() throws Exception {
        Files.writeString(folder.resolve("core-site.xml"), """
                <configuration>
                  <property><name>ipc.client.connect.max.retries</name><value>0</value></property>
                </configuration>
                """);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            assertThatThrownBy(() -> new InputFiles("hdfs://127.0.0.1:1/input").list())
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("hdfs://127.0.0.1:1/input does not answer")
                    .hasMessageContaining("HADOOP_CONF_DIR");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void splitsAndPositionsAnywhereGiveEveryLineOnceAndInOrder(int seed) throws Exception {
        Random random = new Random(seed);
        String[] lineEnds = {"\n", "\r\n", "\r"};
        String lineEnd = lineEnds[random.nextInt(3)];
        List<String> lines = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        for (int i = random.nextInt(40); i >= 0; i--) {
            lines.add(randomLine(random));
            content.append(lines.get(lines.size() - 1)).append(lineEnd);
        }
        if (random.nextBoolean()) {
            lines.add("the last line has no end");
            content.append("the last line has no end");
        }
        Path file = write("input", content.toString());

        Collected<String> read =
                Collected.readAll(FileSource.text(file.toString()).splitBytes(1 + random.nextInt(60)), random);

        assertThat(read.elements).as("seed %d", seed).isEqualTo(lines);
        assertThat(read.skipped).isZero();
    }

    @Test
    void splitsAreInOrderOfPathAndOffset() throws Exception {
        write("b", "12345");
        write("a", "123");
        write("_hidden", "123");
        write(".hidden", "123");
        write("empty", "");
        Files.createDirectory(folder.resolve("directory"));

        List<FileSplit> splits =
                Collected.plan(FileSource.text(folder.toString()).splitBytes(2));

        assertThat(splits)
                .extracting(split ->
                        split.path().substring(split.path().lastIndexOf('/') + 1) + split.start() + "-" + split.end())
                .containsExactly("a0-2", "a2-3", "b0-2", "b2-4", "b4-5");
    }

    @Test
    void patternLeavesHiddenFilesOut() throws Exception {
        write("x1.csv", "1");
        write("x2.csv", "2");
        write("_x3.csv", "3");

        assertThat(Collected.readAll(FileSource.text(folder + "/*.csv"), new Random(1)).elements)
                .containsExactly("1", "2");
    }

    @Test
    void plansOnceAlsoAfterARestore() throws Exception {
        FileSource<String> source = FileSource.text(write("a", "1\n2\n").toString());
        SplitPlanner<FileSplit> first = source.planner(Collected.CONTEXT, null);
        byte[] before = first.snapshot();
        assertThat(first.discover()).hasSize(1);

        SplitPlanner<FileSplit> afterwards = source.planner(Collected.CONTEXT, first.snapshot());
        assertThat(afterwards.isComplete()).isTrue();
        assertThat(afterwards.discover()).isEmpty();
        assertThat(source.planner(Collected.CONTEXT, before).discover()).hasSize(1);
    }

    /** The files of the new path would never be looked for. */
    @Test
    void aCheckpointOfAnotherPathIsRefused() throws Exception {
        Path one = write("one", "a\n");
        Path other = write("other", "b\n");
        SplitPlanner<FileSplit> planner = FileSource.text(one.toString()).planner(Collected.CONTEXT, null);
        byte[] nothingPlanned = planner.snapshot();
        planner.discover();
        byte[] planned = planner.snapshot();

        assertThatThrownBy(() -> FileSource.text(other.toString()).planner(Collected.CONTEXT, planned))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("read " + one + " here", "reads " + other, "a uid that it did not have");
        assertThat(FileSource.text(other.toString())
                        .planner(Collected.CONTEXT, nothingPlanned)
                        .discover())
                .hasSize(1);
        assertThat(FileSource.text(one.toUri().toString())
                        .planner(Collected.CONTEXT, planned)
                        .isComplete())
                .as("the same, written in another way")
                .isTrue();
        byte[] elsewhere = ("\u0001nosuch://gone:8020" + other).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> FileSource.text(one.toString()).planner(Collected.CONTEXT, elsewhere))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("nosuch://gone:8020");
        byte[] ofTheFirstVersion = {1};
        assertThat(FileSource.text(other.toString())
                        .planner(Collected.CONTEXT, ofTheFirstVersion)
                        .isComplete())
                .isTrue();
    }

    @Test
    void byteOrderMarkIsNotPartOfTheFirstLine() throws Exception {
        Path file = write("a", "\uFEFFfirst\nsecond\n");

        assertThat(Collected.readAll(FileSource.text(file.toString()).splitBytes(4), new Random(1)).elements)
                .containsExactly("first", "second");
    }

    @Test
    void changedFileIsNotReadOn() throws Exception {
        Path file = write("a", "1\n2\n");
        FileSource<String> source = FileSource.text(file.toString());
        FileSplit split = Collected.plan(source).get(0);
        Files.writeString(file, "1\n2\n3\n");

        assertThatThrownBy(() -> source.reader(split, null, Collected.CONTEXT))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("has changed since the job began to read it (then 4 bytes, now 6)");
        Files.delete(file);
        assertThatThrownBy(() -> source.reader(split, null, Collected.CONTEXT))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("has been deleted");
    }

    @Test
    void lineBeyondTheBoundIsMalformedAndTheNextOneIsRead() throws Exception {
        Path file = write("a", "x".repeat(LineCursor.MAX_LINE_BYTES + 10) + "\nnext\n");
        FileSource<String> source = FileSource.text(file.toString());

        Collected<String> read = Collected.readAll(source.onMalformedLine(MalformedLines.SKIP), new Random(1));
        assertThat(read.elements).containsExactly("next");
        assertThat(read.skipped).isEqualTo(1);
        assertThatThrownBy(() -> Collected.readAll(source, new Random(1)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("a, line 1, the line is longer than 16777216 bytes");
    }

    @Test
    void whatIsMissingIsRefusedInTheClient() throws Exception {
        assertThatThrownBy(() -> FileSource.text(folder + "/absent").check())
                .isInstanceOf(BadInputException.class)
                .hasMessageStartingWith("The input path " + folder + "/absent does not exist in file:/")
                .hasMessageEndingWith("Put the data there (hdfs dfs -put), or correct the path.");
        assertThatThrownBy(() -> FileSource.text(folder + "/*.csv").check())
                .hasMessageStartingWith("No file matches the input pattern " + folder + "/*.csv.");
        assertThatThrownBy(() -> FileSource.text(folder.toString()).check())
                .hasMessageStartingWith("There is no file in the input directory " + folder);
        Path zipped = write("a.gz", "");
        assertThatThrownBy(() -> FileSource.text(zipped.toString()).check())
                .hasMessageContaining("is compressed (.gz)")
                .hasMessageEndingWith("Decompress it first.");
        Path secret = write("secret", "1");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        assertThatThrownBy(() -> FileSource.text(secret.toString()).check())
                .hasMessageContaining("secret may not be read: ")
                .hasMessageEndingWith("Ask its owner for read permission, or submit the job as another user.");
    }

    @Test
    void readsOnlyAsMuchAsAskedFor() throws Exception {
        FileSource<String> source = FileSource.text(write("a", "1\n2\n3\n").toString());
        try (SplitReader<String> reader = source.reader(Collected.plan(source).get(0), null, Collected.CONTEXT)) {
            Collected<String> out = new Collected<>();
            assertThat(reader.read(out, 2)).isEqualTo(SplitReader.Status.MORE);
            assertThat(out.elements).containsExactly("1", "2");
            assertThat(reader.read(out, 2)).isEqualTo(SplitReader.Status.END);
            assertThat(out.elements).containsExactly("1", "2", "3");
        }
    }
}
