package io.selvage.protocol.config;

import java.util.regex.Pattern;

/** Keeps from screens and logs what people have put into settings that are no place for it; pure. */
public final class Secrets {
    public static final String HIDDEN = "******";

    private static final String WORDS =
            "password|passwd|passphrase|secret|token|credential|private[-_.]?key|access[-_.]?key|api[-_.]?key";
    private static final Pattern KEY = Pattern.compile(WORDS, Pattern.CASE_INSENSITIVE);
    /** Such as {@code -Dacme.password=...} among options for a JVM. */
    private static final Pattern ASSIGNMENT =
            Pattern.compile("([^\\s=,]*(?:" + WORDS + ")[^\\s=,]*=)[^\\s,]+", Pattern.CASE_INSENSITIVE);

    private Secrets() {}

    /** The value as it may be shown. */
    public static String hide(String key, String value) {
        return !value.isEmpty() && KEY.matcher(key).find()
                ? HIDDEN
                : ASSIGNMENT.matcher(value).replaceAll("$1" + HIDDEN);
    }
}
