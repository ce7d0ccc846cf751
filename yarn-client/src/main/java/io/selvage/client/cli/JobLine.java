package io.selvage.client.cli;

import io.selvage.client.JobObserver;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The progress of one job on the console; owned by the thread that waits for the job. */
final class JobLine implements JobObserver {
    /** Where lines can't be written over, one is written at each change of phase, and this often meanwhile. */
    private static final long PLAIN_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

    /** The time over which a rate is taken. */
    private static final long RATE_INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

    private final Console console;
    private final LongSupplier nanoTime;
    private final long startedNanos;
    private JobPhase phase = JobPhase.JOB_PHASE_UNSPECIFIED;
    private int restarts;
    private long plainAtNanos;
    private long rateAtNanos;
    private long rateFromRecords = -1;
    private double recordsPerSecond;
    private String absence = "";

    JobLine(Console console, LongSupplier nanoTime) {
        this.console = console;
        this.nanoTime = nanoTime;
        this.startedNanos = nanoTime.getAsLong();
    }

    @Override
    public void onProgress(JobDescription job) {
        long now = nanoTime.getAsLong();
        measureRate(job, now);
        boolean changed = job.getPhase() != phase || job.getRestarts() != restarts || !absence.isEmpty();
        phase = job.getPhase();
        restarts = job.getRestarts();
        absence = "";
        if (console.isLive() || changed || now - plainAtNanos >= PLAIN_INTERVAL_NANOS) {
            plainAtNanos = now;
            console.progress(text(job, now));
        }
    }

    @Override
    public void onMasterAbsent(String reason, Duration forSoLong) {
        String text = "no master: " + reason + "; waiting for the next one";
        if (console.isLive()) {
            console.progress(text + " (" + Words.duration(forSoLong.toMillis()) + ")");
        } else if (!text.equals(absence)) {
            console.progress(text);
        }
        absence = text;
    }

    private String text(JobDescription job, long now) {
        StringBuilder line = new StringBuilder();
        line.append(Words.phase(job.getPhase()));
        line.append("  ").append(Words.duration((now - startedNanos) / 1_000_000));
        line.append("  in ").append(Words.count(job.getRecordsRead()));
        if (recordsPerSecond >= 1) {
            line.append(String.format(Locale.ROOT, " (%,.0f/s)", recordsPerSecond));
        }
        line.append("  out ").append(Words.count(job.getRecordsWritten()));
        line.append("  checkpoints ").append(job.getCheckpointsCompleted());
        if (job.getLastCheckpoint() > 0) {
            line.append(" (last ")
                    .append(Words.duration(job.getLastCheckpointMillis()))
                    .append(", ")
                    .append(Words.bytes(job.getLastCheckpointBytes()))
                    .append(")");
        }
        line.append("  restarts ").append(job.getRestarts());
        if (job.getRecordsSkipped() > 0) {
            line.append("  skipped ").append(Words.count(job.getRecordsSkipped()));
        }
        if (job.getRecordsLate() > 0) {
            line.append("  late ").append(Words.count(job.getRecordsLate()));
        }
        if (job.getPhase() == JobPhase.RESTARTING && job.hasFailure()) {
            line.append("  after: ")
                    .append(job.getFailure().getMessage().lines().findFirst().orElse(""));
        }
        if (!job.getAlarm().isEmpty()) {
            line.append("  ALARM: ").append(job.getAlarm());
        }
        return line.toString();
    }

    private void measureRate(JobDescription job, long now) {
        long records = job.getRecordsRead();
        if (rateFromRecords < 0 || records < rateFromRecords) {
            rateFromRecords = records;
            rateAtNanos = now;
            recordsPerSecond = 0;
        } else if (now - rateAtNanos >= RATE_INTERVAL_NANOS) {
            recordsPerSecond = (records - rateFromRecords) * 1e9 / (now - rateAtNanos);
            rateFromRecords = records;
            rateAtNanos = now;
        }
    }
}
