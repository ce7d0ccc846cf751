package io.selvage.minicluster.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.Committer;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitReader;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.file.FileSource;
import io.selvage.connector.file.FileSplit;
import io.selvage.connector.file.PendingFile;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MiniClusterExtension.class)
final class FilesOnHdfsIT {
    private static final int SEEDS = 25;

    private FileSystem files;
    private Path folder;
    private FileSink<String> sink;

    @BeforeEach
    void connect(MiniCluster cluster, TestInfo test) throws IOException {
        files = FileSystem.newInstance(cluster.hadoopConfiguration());
        folder = files.makeQualified(
                new Path("/files-on-hdfs/" + test.getTestMethod().orElseThrow().getName()));
        sink = FileSink.text(folder + "/out");
    }

    @AfterEach
    void disconnect() throws IOException {
        files.delete(folder, true);
        files.close();
    }

    private record Context(int subtask, long incarnation) implements SinkContext {
        @Override
        public String jobId() {
            return "job-1";
        }

        @Override
        public String operatorUid() {
            return "lines";
        }

        @Override
        public int parallelism() {
            return 2;
        }

        @Override
        public ClassLoader userClassLoader() {
            return FilesOnHdfsIT.class.getClassLoader();
        }
    }

    private static final SourceContext READER = new SourceContext() {
        @Override
        public String operatorName() {
            return "read";
        }

        @Override
        public int subtask() {
            return 0;
        }

        @Override
        public int parallelism() {
            return 1;
        }

        @Override
        public ClassLoader userClassLoader() {
            return FilesOnHdfsIT.class.getClassLoader();
        }
    };

    private static final class Lines implements SourceOutput<String> {
        final List<String> elements = new ArrayList<>();

        @Override
        public void collect(String element) {
            elements.add(element);
        }

        @Override
        public void collect(String element, long timestampMillis) {
            elements.add(element);
        }

        @Override
        public void skipped() {
            throw new AssertionError("a line of text is never malformed");
        }
    }

    private void write(Path path, String content) throws IOException {
        try (FSDataOutputStream out = files.create(path)) {
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static List<PendingFile> write(SinkWriter<String, PendingFile> writer, long checkpoint, String... lines)
            throws Exception {
        for (String line : lines) {
            writer.write(line, 0);
        }
        return writer.prepare(checkpoint);
    }

    private List<String> visible() throws IOException {
        return Arrays.stream(files.listStatus(new Path(folder, "out")))
                .map(FileStatus::getPath)
                .map(Path::getName)
                .sorted()
                .toList();
    }

    private String content(String name) throws IOException {
        try (FSDataInputStream in = files.open(new Path(folder, "out/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void asStranger(PrivilegedExceptionAction<?> action) throws Exception {
        UserGroupInformation.createRemoteUser("stranger").doAs(action);
    }

    @Test
    void splitsAndPositionsAnywhereGiveEveryLineOnceAndInOrder() throws Exception {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            List<String> lines = new ArrayList<>();
            for (int i = random.nextInt(60); i >= 0; i--) {
                lines.add("é".repeat(random.nextInt(30)) + i);
            }
            Path file = new Path(folder, "in-" + seed);
            write(file, String.join("\n", lines) + (random.nextBoolean() ? "\n" : ""));

            FileSource<String> source = FileSource.text(file.toString()).splitBytes(1 + random.nextInt(200));
            source.check();
            Lines out = new Lines();
            for (FileSplit split : source.planner(READER, null).discover()) {
                SplitReader<String> reader = source.reader(split, null, READER);
                while (reader.read(out, 1 + random.nextInt(5)) != SplitReader.Status.END) {
                    if (random.nextInt(4) == 0) {
                        byte[] position = reader.position();
                        reader.close();
                        reader = source.reader(split, position, READER);
                    }
                }
                reader.close();
            }

            assertThat(out.elements).as("seed %d", seed).isEqualTo(lines);
        }
    }

    @Test
    void filesAppearWholeAtTheCommitAndTheHiddenDirectoryGoesInTheEnd() throws Exception {
        SinkWriter<String, PendingFile> one = sink.writer(new Context(0, 1));
        SinkWriter<String, PendingFile> other = sink.writer(new Context(1, 1));
        Committer<PendingFile> first = sink.committer(new Context(0, 1));
        Committer<PendingFile> second = sink.committer(new Context(1, 1));
        List<PendingFile> a = write(one, 1, "a", "b");
        List<PendingFile> c = write(other, 1, "c");
        assertThat(visible()).containsExactly("_selvage");

        first.commit(a);
        first.commit(a);
        one.close();
        first.close();
        assertThat(visible()).containsExactly("_selvage", "part-lines-0-1-1.txt");
        second.commit(c);
        other.close();
        second.close();

        assertThat(visible()).containsExactly("part-lines-0-1-1.txt", "part-lines-1-1-1.txt");
        assertThat(content("part-lines-0-1-1.txt")).isEqualTo("a\nb\n");
    }

    @Test
    void recoveryTakesAwayWhatADeadWriterStillHoldsOpen() throws Exception {
        SinkWriter<String, PendingFile> dead = sink.writer(new Context(1, 1));
        List<PendingFile> completed = write(dead, 1, "kept");
        dead.write("x".repeat(1 << 20), 0); // its file is open, and HDFS has leased it to the dead

        Committer<PendingFile> committer = sink.committer(new Context(0, 2));
        committer.recover(completed);
        committer.recover(completed);
        committer.close();

        assertThat(visible()).containsExactly("part-lines-1-1-1.txt");
        assertThat(content("part-lines-1-1-1.txt")).isEqualTo("kept\n");
    }

    @Test
    void fileOfAnotherContentIsNeverReplaced() throws Exception {
        List<PendingFile> prepared = write(sink.writer(new Context(0, 1)), 1, "mine");
        write(new Path(folder, "out/part-lines-0-1-1.txt"), "else");

        assertThatThrownBy(() -> sink.committer(new Context(0, 1)).commit(prepared))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Another file has that name: move it away; it was not overwritten.");
        files.delete(new Path(prepared.get(0).pending()), false);
        assertThatThrownBy(() -> sink.committer(new Context(0, 2)).recover(prepared))
                .hasMessageContaining("has other content than what was to be committed there");
        assertThat(content("part-lines-0-1-1.txt")).isEqualTo("else");
    }

    @Test
    void inputThatIsMissingOrNotReadableIsRefused() throws Exception {
        assertThatThrownBy(() -> FileSource.text(folder + "/absent").check())
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("/absent does not exist in hdfs://")
                .hasMessageEndingWith("Put the data there (hdfs dfs -put), or correct the path.");

        Path secret = new Path(folder, "secret");
        write(secret, "1\n");
        files.setPermission(secret, new FsPermission((short) 0600));
        Path closed = new Path(folder, "closed");
        write(new Path(closed, "file"), "1\n");
        files.setPermission(closed, new FsPermission((short) 0700));
        asStranger(() -> {
            for (String path : List.of(secret.toString(), closed.toString(), closed + "/file", closed + "/*")) {
                assertThatThrownBy(() -> FileSource.text(path).check())
                        .as(path)
                        .isInstanceOf(BadInputException.class)
                        .hasMessageContaining(" may not be read: Permission denied: user=stranger")
                        .hasMessageEndingWith("Ask its owner for read permission, or submit the job as another user.");
            }
            return null;
        });
    }

    @Test
    void outputThatCannotBeWrittenIsRefusedAndNothingIsLeft() throws Exception {
        sink.check();
        assertThat(files.exists(folder)).isFalse();

        Path file = new Path(folder, "file");
        write(file, "1\n");
        for (String path : List.of(file.toString(), file + "/below", file + "/far/below")) {
            assertThatThrownBy(() -> FileSink.text(path).check())
                    .as(path)
                    .hasMessageContaining("/file is a file. Choose another output path.");
        }
        asStranger(() -> {
            assertThatThrownBy(() -> sink.check())
                    .hasMessageContaining("/out may not be written: Permission denied: user=stranger")
                    .hasMessageEndingWith("Choose another output path, or ask its owner for write permission.");
            return null;
        });
    }
}
