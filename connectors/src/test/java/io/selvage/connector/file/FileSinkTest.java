package io.selvage.connector.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileSinkTest {
    @TempDir
    Path folder;

    record Row(
            String airport,
            int flights,
            BigDecimal meanDelay,
            @Nullable Integer worstMinutes) {}

    record Context(String jobId, int subtask, long incarnation) implements SinkContext {
        @Override
        public String operatorUid() {
            return "delays/all";
        }

        @Override
        public int parallelism() {
            return 2;
        }

        @Override
        public ClassLoader userClassLoader() {
            return Context.class.getClassLoader();
        }
    }

    private static Context subtask(int subtask, long incarnation) {
        return new Context("job-1", subtask, incarnation);
    }

    private FileSink<String> sink() {
        return FileSink.text(folder + "/out");
    }

    private static List<PendingFile> write(SinkWriter<String, PendingFile> writer, long checkpoint, String... lines)
            throws Exception {
        for (String line : lines) {
            writer.write(line, 0);
        }
        return writer.prepare(checkpoint);
    }

    /** Names of committed files. */
    private List<String> visible() throws IOException {
        if (!Files.exists(folder.resolve("out"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder.resolve("out"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("_") && !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private List<String> visibleLines() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : visible()) {
            lines.addAll(Files.readAllLines(folder.resolve("out").resolve(name)));
        }
        return lines.stream().sorted().toList();
    }

    private List<String> pending() throws IOException {
        Path hidden = folder.resolve("out/_selvage");
        if (!Files.exists(hidden)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(hidden)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".crc"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void nothingIsVisibleBeforeTheCommitAndAllIsAfterwards() throws Exception {
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(1, 3));
        Committer<PendingFile> committer = sink().committer(subtask(1, 3));

        List<PendingFile> prepared = write(writer, 7, "a", "b");
        assertThat(visible()).isEmpty();
        committer.commit(prepared);

        assertThat(visible()).containsExactly("part-delays~2Fall-1-3-7.txt");
        assertThat(visibleLines()).containsExactly("a", "b");
    }

    @Test
    void emptyCheckpointMakesNoFile() throws Exception {
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 1));

        assertThat(writer.prepare(1)).isEmpty();
        assertThat(write(writer, 2, "a")).hasSize(1);
        assertThat(writer.prepare(3)).isEmpty();
        assertThat(pending()).containsExactly("1-0-0.pending");
    }

    @Test
    void whatIsWrittenAfterABarrierBelongsToTheNextCheckpoint() throws Exception {
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 1));
        List<PendingFile> first = write(writer, 1, "a");
        List<PendingFile> second = write(writer, 2, "b");

        Committer<PendingFile> committer = sink().committer(subtask(0, 1));
        committer.commit(first);
        assertThat(visibleLines()).containsExactly("a");
        committer.commit(second);
        assertThat(visibleLines()).containsExactly("a", "b");
    }

    @Test
    void closingWithoutABarrierDiscardsWhatWasWritten() throws Exception {
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 1));
        write(writer, 1, "kept");
        writer.write("x".repeat(100_000), 0);
        writer.close();

        assertThat(pending()).containsExactly("1-0-0.pending");
    }

    @Test
    void largeFilesAreCommittedWhole() throws Exception {
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 1));
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            lines.add("line é " + i);
        }
        sink().committer(subtask(0, 1)).commit(write(writer, 1, lines.toArray(new String[0])));

        assertThat(Files.readAllLines(folder.resolve("out").resolve(visible().get(0))))
                .isEqualTo(lines);
    }

    @Test
    void commitMayBeRepeated() throws Exception {
        List<PendingFile> prepared = write(sink().writer(subtask(0, 1)), 1, "a");
        sink().committer(subtask(0, 1)).commit(prepared);

        sink().committer(subtask(0, 1)).commit(prepared);
        sink().committer(subtask(0, 2)).recover(prepared);

        assertThat(visibleLines()).containsExactly("a");
    }

    @Test
    void recoveryCommitsTheCheckpointAndDiscardsTheRestOfEarlierIncarnationsOfThisJobAlone() throws Exception {
        List<PendingFile> completed = write(sink().writer(subtask(0, 1)), 1, "a");
        SinkWriter<String, PendingFile> killed = sink().writer(subtask(1, 1));
        write(killed, 2, "of an incomplete checkpoint");
        killed.write("y".repeat(100_000), 0); // and not closed
        write(sink().writer(subtask(1, 2)), 2, "of the new incarnation");
        write(sink().writer(new Context("job-2", 0, 1)), 1, "of another job");

        sink().committer(subtask(0, 2)).recover(completed);

        assertThat(visibleLines()).containsExactly("a");
        assertThat(pending()).containsExactly("1-0-0.pending", "2-1-0.pending");
    }

    /** Incarnation 1 was given up while its process stood still: it wakes up after 2 has recovered. */
    @Test
    void aZombieThatWakesUpLosesNothingAddsNothingAndLeavesNothing() throws Exception {
        SinkWriter<String, PendingFile> zombie = sink().writer(subtask(0, 1));
        Committer<PendingFile> zombieCommitter = sink().committer(subtask(0, 1));
        List<PendingFile> completed = new ArrayList<>(write(zombie, 1, "a"));
        completed.addAll(write(sink().writer(subtask(1, 1)), 1, "b"));
        List<PendingFile> incomplete = write(zombie, 2, "c");

        Committer<PendingFile> recovered = sink().committer(subtask(0, 2));
        Committer<PendingFile> other = sink().committer(subtask(1, 2));
        recovered.recover(completed);
        SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 2));

        zombieCommitter.commit(completed); // The completion has reached it only now.
        zombieCommitter.recover(completed); // Or it was still on its way to its own start.
        write(zombie, 3, "d");
        zombie.write("e", 0);
        zombie.prepare(4);
        zombieCommitter.close();
        assertThatThrownBy(() -> zombieCommitter.commit(incomplete)).hasMessageContaining("is lost");

        List<PendingFile> second = write(writer, 2, "c", "d");
        assertThat(pending()).contains("2-0-0.pending");
        recovered.commit(second);
        other.close();
        recovered.close();

        assertThat(visibleLines()).containsExactly("a", "b", "c", "d");
        assertThat(folder.resolve("out/_selvage")).doesNotExist();
    }

    /** It knows nothing of what subtask 0 has still to commit. */
    @Test
    void aSubtaskThatEndsBeforeTheRecoveryDeletesNothing() throws Exception {
        List<PendingFile> completed = write(sink().writer(subtask(0, 1)), 1, "a");
        sink().committer(subtask(1, 2)).close();
        sink().committer(subtask(0, 2)).recover(completed);
        assertThat(visibleLines()).containsExactly("a");
    }

    @Test
    void lastOneOutDeletesTheHiddenDirectory() throws Exception {
        List<PendingFile> first = write(sink().writer(subtask(0, 1)), 1, "a");
        List<PendingFile> second = write(sink().writer(subtask(1, 1)), 1, "b");
        Committer<PendingFile> one = sink().committer(subtask(0, 1));
        Committer<PendingFile> other = sink().committer(subtask(1, 1));

        one.commit(first);
        one.close();
        assertThat(folder.resolve("out/_selvage")).exists();
        other.commit(second);
        other.close();
        other.close();

        assertThat(folder.resolve("out/_selvage")).doesNotExist();
        assertThat(visibleLines()).containsExactly("a", "b");
    }

    @Test
    void fileOfAnotherContentIsNeverReplaced() throws Exception {
        List<PendingFile> prepared = write(sink().writer(subtask(0, 1)), 1, "mine");
        Path target = folder.resolve("out/part-delays~2Fall-0-1-1.txt");
        Files.writeString(target, "else");

        assertThatThrownBy(() -> sink().committer(subtask(0, 1)).commit(prepared))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Another file has that name: move it away; it was not overwritten.");
        assertThat(Files.readString(target)).isEqualTo("else");
        assertThat(pending()).hasSize(1);
    }

    @Test
    void committedFileThatWasChangedIsNoticed() throws Exception {
        List<PendingFile> prepared = write(sink().writer(subtask(0, 1)), 1, "mine");
        sink().committer(subtask(0, 1)).commit(prepared);
        Files.deleteIfExists(folder.resolve("out/.part-delays~2Fall-0-1-1.txt.crc"));
        Files.writeString(folder.resolve("out/part-delays~2Fall-0-1-1.txt"), "MINE\n");

        assertThatThrownBy(() -> sink().committer(subtask(0, 2)).recover(prepared))
                .hasMessageContaining("has other content than what was to be committed there (5 bytes instead of 5");
    }

    @Test
    void lostOrDamagedOutputIsAnError() throws Exception {
        List<PendingFile> prepared = write(sink().writer(subtask(0, 1)), 1, "mine");
        Path pending = Path.of(java.net.URI.create(prepared.get(0).pending()));
        Files.writeString(pending, "m");
        assertThatThrownBy(() -> sink().committer(subtask(0, 1)).commit(prepared))
                .hasMessageContaining("has 1 bytes, but 5 were written and confirmed");

        Files.delete(pending);
        assertThatThrownBy(() -> sink().committer(subtask(0, 1)).commit(prepared))
                .hasMessageContaining("is lost: neither it nor its pending file");
    }

    /** Ends the process, so to speak, before or after one call that changes the file system. */
    private static class CrashingFiles implements OutputFiles {
        static final class Crash extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }

        private final OutputFiles files;
        private int callsUntilCrash;

        CrashingFiles(OutputFiles files, int callsUntilCrash) {
            this.files = files;
            this.callsUntilCrash = callsUntilCrash;
        }

        private void step() {
            if (callsUntilCrash-- == 0) {
                throw new Crash();
            }
        }

        @Override
        public FSDataOutputStream create(org.apache.hadoop.fs.Path path) throws IOException {
            step();
            FSDataOutputStream out = files.create(path);
            step();
            return out;
        }

        @Override
        public long length(org.apache.hadoop.fs.Path path) throws IOException {
            step();
            return files.length(path);
        }

        @Override
        public long crc32c(org.apache.hadoop.fs.Path path) throws IOException {
            step();
            return files.crc32c(path);
        }

        @Override
        public void renameNoReplace(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) throws IOException {
            step();
            files.renameNoReplace(from, to);
            step();
        }

        @Override
        public List<org.apache.hadoop.fs.Path> filesIn(org.apache.hadoop.fs.Path directory) throws IOException {
            step();
            return files.filesIn(directory);
        }

        @Override
        public void deleteFile(org.apache.hadoop.fs.Path path) throws IOException {
            step();
            files.deleteFile(path);
            step();
        }

        @Override
        public boolean deleteIfEmpty(org.apache.hadoop.fs.Path directory) throws IOException {
            step();
            boolean gone = files.deleteIfEmpty(directory);
            step();
            return gone;
        }
    }

    /**
     * Incarnation 1 writes checkpoints 1 (complete, two subtasks) and 2 (not complete) and commits; each incarnation
     * crashes one call later than the one before, until one gets through.
     */
    @Test
    void whereverItCrashesEveryLineOfTheCheckpointIsThereOnceAndNothingElse() throws Exception {
        Path root = folder;
        int crashPoint = 0;
        boolean survived = false;
        while (!survived) {
            folder = Files.createDirectory(root.resolve("crash-" + crashPoint));
            org.apache.hadoop.fs.Path out = Hadoop.qualify(new org.apache.hadoop.fs.Path(folder + "/out"));
            List<PendingFile> completed = new ArrayList<>();
            SinkWriter<String, PendingFile> writer = sink().writer(subtask(0, 1));
            completed.addAll(write(writer, 1, "a", "b"));
            completed.addAll(write(sink().writer(subtask(1, 1)), 1, "c"));
            write(writer, 2, "d");

            for (long incarnation = 1; incarnation <= 2; incarnation++) {
                OutputFiles files = new CrashingFiles(new HadoopOutputFiles(out), crashPoint);
                OutputLayout layout = OutputLayout.of(out, false, subtask(0, incarnation));
                FileCommitter committer = new FileCommitter(files, layout, incarnation);
                try {
                    if (incarnation == 1) {
                        committer.commit(completed);
                    } else {
                        committer.recover(completed);
                    }
                    committer.close();
                    survived = incarnation == 2;
                } catch (CrashingFiles.Crash e) {
                    assertThat(visibleLines()).as("crash point %d", crashPoint).isSubsetOf("a", "b", "c");
                }
            }
            Committer<PendingFile> last = sink().committer(subtask(1, 3));
            last.recover(completed);
            last.close();

            assertThat(visibleLines()).as("crash point %d", crashPoint).containsExactly("a", "b", "c");
            assertThat(folder.resolve("out/_selvage")).doesNotExist();
            crashPoint++;
        }
        assertThat(crashPoint).isGreaterThan(8);
    }

    /** The rename is done, but its answer is lost. */
    @Test
    void ambiguousRenameIsSettledByWhatIsThere() throws Exception {
        List<PendingFile> prepared = write(sink().writer(subtask(0, 1)), 1, "a");
        org.apache.hadoop.fs.Path out = Hadoop.qualify(new org.apache.hadoop.fs.Path(folder + "/out"));
        HadoopOutputFiles real = new HadoopOutputFiles(out);
        OutputFiles ambiguous = new CrashingFiles(real, Integer.MAX_VALUE) {
            @Override
            public void renameNoReplace(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
                    throws IOException {
                real.renameNoReplace(from, to);
                throw new IOException("the connection was reset");
            }
        };

        new FileCommitter(ambiguous, OutputLayout.of(out, false, subtask(0, 1)), 1).commit(prepared);

        assertThat(visibleLines()).containsExactly("a");
    }

    @Test
    void csvHasAHeaderInEveryFileAndQuotesWhatNeedsIt() throws Exception {
        FileSink<Row> csv = travelled(FileSink.csv(folder + "/out", Row.class));
        SinkWriter<Row, PendingFile> writer = csv.writer(subtask(0, 1));
        Committer<PendingFile> committer = csv.committer(subtask(0, 1));
        writer.write(new Row("Baton Rouge, \"LA\"", 3, new BigDecimal("1E+2"), null), 0);
        committer.commit(writer.prepare(1));
        writer.write(new Row("X", 4, new BigDecimal("-0.50"), 7), 0);
        committer.commit(writer.prepare(2));

        assertThat(Files.readAllLines(folder.resolve("out/part-delays~2Fall-0-1-1.csv")))
                .containsExactly("airport,flights,mean_delay,worst_minutes", "\"Baton Rouge, \"\"LA\"\"\",3,100,");
        assertThat(Files.readAllLines(folder.resolve("out/part-delays~2Fall-0-1-2.csv")))
                .containsExactly("airport,flights,mean_delay,worst_minutes", "X,4,-0.50,7");
    }

    @SuppressWarnings("unchecked")
    private static <T> T travelled(T value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }

    @Test
    void appendedFilesCarryTheJobsId() throws Exception {
        FileSink<String> appending = sink().append();
        List<PendingFile> prepared = write(appending.writer(subtask(0, 1)), 1, "a");
        appending.committer(subtask(0, 1)).commit(prepared);

        assertThat(visible()).containsExactly("part-job-1-delays~2Fall-0-1-1.txt");
    }

    @Test
    void unusableOutputPathIsRefusedInTheClientAndLeavesNothingBehind() throws Exception {
        sink().check();
        assertThat(folder.resolve("out")).doesNotExist();

        Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> FileSink.text(folder + "/file").check())
                .hasMessageContaining("/file is a file. Choose another output path.");
        assertThatThrownBy(() -> FileSink.text(folder + "/file/below").check())
                .hasMessageContaining("/file is a file. Choose another output path.");

        Path closed = Files.createDirectory(folder.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        assertThatThrownBy(() -> FileSink.text(closed + "/a/b").check())
                .hasMessageContaining("closed/a/b may not be written: ")
                .hasMessageEndingWith("Choose another output path, or ask its owner for write permission.");
    }

    @Test
    void outputOfAnotherJobIsRefusedUnlessItIsAppendedTo() throws Exception {
        sink().committer(subtask(0, 1)).commit(write(sink().writer(subtask(0, 1)), 1, "a"));

        assertThatThrownBy(() -> sink().check())
                .hasMessageContaining("already holds the output of a job (part-delays~2Fall-0-1-1.txt, ...).")
                .hasMessageEndingWith("Choose another directory, move that output away, or use FileSink.append().");
        sink().append().check();
        sink().checkRestored(); // Then it is the job's own.
    }
}
