package io.selvage.protocol.id;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** A job of a session, chosen by the client; also the name of the job's directory under the application's. */
public record JobId(String value) implements Comparable<JobId> {
    private static final Pattern FORM = Pattern.compile("job-[a-z0-9][a-z0-9-]{0,58}");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int RANDOM_BYTES = 6;

    public JobId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("\"" + value + "\" is not a job id: it reads like job-5f0c1b2a9e47.");
        }
    }

    /** A new id; 48 random bits, enough for one session's jobs. */
    public static JobId random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(bytes);
        return new JobId("job-" + HexFormat.of().formatHex(bytes));
    }

    @Override
    public int compareTo(JobId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
