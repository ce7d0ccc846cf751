package io.selvage.minicluster.workload;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * Notes when which records came, on this machine: a file for each subtask and incarnation, and in it a line at most
 * every {@value #LINE_MILLIS} ms, as {@link Line} reads it. A line is on its way to the disk as soon as its last record
 * is here, and so survives the process.
 */
record MeasuringSink(String directory, int readers, Schedule schedule) implements Sink<Update, Long> {
    static final long LINE_MILLIS = 5;

    @Override
    public Serde<Long> committableSerde() {
        return Serdes.LONG;
    }

    @Override
    public SinkWriter<Update, Long> writer(SinkContext context) throws IOException {
        return new Writer(
                FileChannel.open(
                        Path.of(directory, context.subtask() + "-" + context.incarnation() + ".csv"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND),
                readers,
                schedule);
    }

    @Override
    public Committer<Long> committer(SinkContext context) {
        return new Committer<>() {
            @Override
            public void commit(List<Long> committables) {}

            @Override
            public void recover(List<Long> committables) {}
        };
    }

    /** Owned by the subtask's thread. */
    private static final class Writer implements SinkWriter<Update, Long> {
        private final FileChannel file;
        private final Schedule schedule;
        private final long[] first;
        private final long[] last;
        private long records;
        private long longestMillis;
        private long lineMillis;

        Writer(FileChannel file, int readers, Schedule schedule) {
            this.file = file;
            this.schedule = schedule;
            this.first = new long[readers];
            this.last = new long[readers];
            clear();
        }

        private void clear() {
            records = 0;
            longestMillis = 0;
            Arrays.fill(first, -1);
            Arrays.fill(last, -1);
        }

        @Override
        public void write(Update update, long timestampMillis) throws IOException {
            long nowMillis = System.currentTimeMillis();
            records++;
            longestMillis = Math.max(longestMillis, nowMillis - schedule.arrivalMillis(update.sequence()));
            if (first[update.reader()] < 0) {
                first[update.reader()] = update.sequence();
            }
            last[update.reader()] = update.sequence();
            if (nowMillis - lineMillis >= LINE_MILLIS) {
                lineMillis = nowMillis;
                line();
            }
        }

        private void line() throws IOException {
            StringBuilder line = new StringBuilder();
            line.append(lineMillis).append(',').append(records).append(',').append(longestMillis);
            for (int reader = 0; reader < first.length; reader++) {
                line.append(',').append(first[reader]).append(',').append(last[reader]);
            }
            ByteBuffer bytes = ByteBuffer.wrap(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            clear();
        }

        @Override
        public List<Long> prepare(long checkpoint) {
            return List.of();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
