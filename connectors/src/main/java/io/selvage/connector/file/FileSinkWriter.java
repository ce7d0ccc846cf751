package io.selvage.connector.file;

import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Owned by the sink's subtask thread. Writes one hidden file from barrier to barrier; none if nothing comes. */
final class FileSinkWriter<T> implements SinkWriter<T, PendingFile> {
    private static final int BUFFER_BYTES = 32 << 10;

    private final OutputFiles files;
    private final OutputLayout layout;
    private final LineEncoder<T> encoder;
    private final SinkContext context;
    private final StringBuilder lines = new StringBuilder(BUFFER_BYTES + 1024);
    private final CRC32C crc = new CRC32C();
    private long number;
    private long length;
    private @Nullable Path pending;
    private @Nullable FSDataOutputStream out;

    FileSinkWriter(OutputFiles files, OutputLayout layout, LineEncoder<T> encoder, SinkContext context) {
        this.files = files;
        this.layout = layout;
        this.encoder = encoder;
        this.context = context;
    }

    @Override
    public void write(T element, long timestampMillis) throws IOException {
        if (lines.isEmpty() && pending == null) {
            appendHeader();
        }
        encoder.encode(element, lines);
        lines.append('\n');
        if (lines.length() >= BUFFER_BYTES) {
            flushLines();
        }
    }

    @Override
    public List<PendingFile> prepare(long checkpoint) throws IOException {
        flushLines();
        Path written = pending;
        if (written == null || out == null) {
            return List.of();
        }
        out.hsync();
        out.close();
        PendingFile prepared = new PendingFile(
                written.toString(),
                layout.committed(context, checkpoint, encoder.fileSuffix()).toString(),
                length,
                crc.getValue());
        pending = null;
        out = null;
        length = 0;
        crc.reset();
        return List.of(prepared);
    }

    @Override
    public void close() throws IOException {
        FSDataOutputStream unfinished = out;
        Path unwanted = pending;
        out = null;
        pending = null;
        if (unfinished == null || unwanted == null) {
            return;
        }
        try {
            unfinished.close();
        } finally {
            files.deleteFile(unwanted);
        }
    }

    private void appendHeader() {
        String header = encoder.header();
        if (header != null) {
            lines.append(header).append('\n');
        }
    }

    private void flushLines() throws IOException {
        if (lines.isEmpty()) {
            return;
        }
        if (out == null) {
            pending = layout.pending(context, number++);
            out = files.create(pending);
        }
        byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
        lines.setLength(0);
        out.write(bytes);
        crc.update(bytes);
        length += bytes.length;
    }
}
