package io.selvage.client.connect;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A log as YARN hands it out, between the lines that YARN puts around it; pure.
 *
 * @param isWhole nothing lies before it
 */
record LogText(String text, boolean isWhole) {
    private static final String BEGIN = "LogContents:\n";
    private static final String END = "End of LogType:";
    private static final Pattern LENGTH = Pattern.compile("(?m)^LogLength:(\\d{1,18})$");

    /** Empty: the answer holds no such log. */
    static Optional<LogText> of(String answer, String file) {
        int begin = answer.indexOf(BEGIN);
        if (begin < 0) {
            return Optional.empty();
        }
        int end = answer.indexOf(END + file, begin);
        String text = answer.substring(begin + BEGIN.length(), end < 0 ? answer.length() : end);
        Matcher length = LENGTH.matcher(answer.substring(0, begin));
        boolean isWhole =
                !length.find() || Long.parseLong(length.group(1)) <= text.getBytes(StandardCharsets.UTF_8).length;
        return Optional.of(new LogText(text, isWhole));
    }

    /** Its last lines; the first one of what was fetched is left out if its beginning was not. */
    ContainerLogs.Tail tail(String container, String file, int lines) {
        List<String> all = text.stripTrailing().lines().toList();
        int first = Math.max(isWhole || all.size() <= 1 ? 0 : 1, all.size() - lines);
        return new ContainerLogs.Tail(
                container, file, String.join("\n", all.subList(first, all.size())), first > 0 || !isWhole);
    }
}
