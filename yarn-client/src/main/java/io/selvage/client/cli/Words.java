package io.selvage.client.cli;

import io.selvage.protocol.wire.JobPhase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers and states as people read them; pure. */
final class Words {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private Words() {}

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** 950 ms, 4.2 s, 2 min 5 s, 1 h 3 min. */
    static String duration(long millis) {
        if (millis < 1_000) {
            return millis + " ms";
        }
        if (millis < 60_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
        }
        long seconds = millis / 1_000;
        return seconds < 3_600
                ? seconds / 60 + " min " + seconds % 60 + " s"
                : seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
    }

    /** In UTC. */
    static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis));
    }

    static String phase(JobPhase phase) {
        return switch (phase) {
            case WAITING_FOR_RESOURCES -> "waiting for containers";
            case ADOPTING -> "taken over by a new master";
            case DEPLOYING -> "deploying";
            case RUNNING -> "running";
            case FINISHING -> "finishing";
            case RESTARTING -> "restarting";
            case CANCELING -> "canceling";
            case FINISHED -> "finished";
            case CANCELED -> "canceled";
            case FAILED -> "failed";
            case JOB_PHASE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
        };
    }

    static String times(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
