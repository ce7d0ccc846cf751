package io.selvage.connector.file;

import io.selvage.api.connector.SinkContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.Path;

/**
 * The names below an output directory.
 *
 * <pre>
 * part-UID-SUBTASK-INCARNATION-CHECKPOINT.csv           committed
 * _selvage/JOB/UID/INCARNATION-SUBTASK-NUMBER.pending   not yet, and hidden from every reader by its underscore
 * </pre>
 *
 * <p>An incarnation is never used twice, so no two writers ever make the same name.
 *
 * @param appended the job shares the directory with others, so committed names carry its id
 */
record OutputLayout(Path directory, String jobId, String uid, boolean appended) {
    static final String PART_PREFIX = "part-";

    private static final String PENDING_SUFFIX = ".pending";

    static OutputLayout of(Path directory, boolean appended, SinkContext context) {
        return new OutputLayout(directory, context.jobId(), fileName(context.operatorUid()), appended);
    }

    Path committed(SinkContext writer, long checkpoint, String suffix) {
        String job = appended ? jobId + "-" : "";
        return new Path(
                directory,
                PART_PREFIX + job + uid + "-" + writer.subtask() + "-" + writer.incarnation() + "-" + checkpoint
                        + suffix);
    }

    Path pending(SinkContext writer, long number) {
        return new Path(
                pendingDirectory(), writer.incarnation() + "-" + writer.subtask() + "-" + number + PENDING_SUFFIX);
    }

    /** @return -1 for a name that is not of this layout */
    static long incarnationOf(Path pending) {
        String name = pending.getName();
        int end = name.indexOf('-');
        if (end < 1 || !name.endsWith(PENDING_SUFFIX)) {
            return -1;
        }
        try {
            return Long.parseLong(name.substring(0, end));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    Path pendingDirectory() {
        return new Path(jobDirectory(), uid);
    }

    Path jobDirectory() {
        return new Path(hiddenDirectory(), jobId);
    }

    Path hiddenDirectory() {
        return new Path(directory, "_selvage");
    }

    /** A different name for each uid, without characters that shells, patterns or URIs take for something else. */
    private static String fileName(String uid) {
        return URLEncoder.encode(uid, StandardCharsets.UTF_8)
                .replace("*", "~2A")
                .replace('%', '~');
    }
}
