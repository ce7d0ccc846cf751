package io.selvage.protocol.failure;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The end of a job in words, which YARN passes on from a master to whoever asks for it later; pure. */
public final class EndWords {
    private static final String KEPT = "Its last checkpoint is kept: ";
    private static final Pattern KEPT_LINE = Pattern.compile("(?m)^" + KEPT + "(\\S+)$");

    private EndWords() {}

    /** A line of its own, behind what was said before. */
    public static String kept(String directory) {
        return "\n" + KEPT + directory;
    }

    /** @param why may be several lines */
    public static String failed(String jobId, String why) {
        return jobId + " has failed: " + why;
    }

    /** The directory in what {@link #kept} has said; empty: it has said nothing. */
    public static String keptIn(String words) {
        Matcher kept = KEPT_LINE.matcher(words);
        return kept.find() ? kept.group(1) : "";
    }

    /** The reason in what {@link #failed} has said, or all that was said by others. */
    public static String whyIn(String jobId, String words) {
        String why = KEPT_LINE.matcher(words).replaceAll("").strip();
        String said = failed(jobId, "");
        return why.startsWith(said) ? why.substring(said.length()) : why;
    }
}
