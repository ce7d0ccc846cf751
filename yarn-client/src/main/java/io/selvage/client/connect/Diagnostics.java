package io.selvage.client.connect;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.yarn.api.records.ApplicationReport;

/** Puts what YARN reports about an end into words that a person can act on; pure. */
public final class Diagnostics {
    private static final Pattern EXIT_CODE = Pattern.compile("exitCode: (-?\\d+)");
    private static final Pattern NOISE =
            Pattern.compile("^\\s*(at |\\.\\.\\. \\d+ more|Caused by: org\\.apache\\.hadoop\\.)");
    /** Its own, or its JVM's. */
    private static final Pattern LAST_WORDS =
            Pattern.compile("(?m)^(?:selvage master: (.*)|(Terminating due to java\\.lang\\.OutOfMemoryError.*))$");

    private static final int MAX_LINES = 6;
    private static final int MAX_LINE_CHARS = 300;

    private Diagnostics() {}

    /** One sentence or a few lines, without stack traces. */
    public static String ofEnd(ApplicationReport report) {
        String state = SessionState.of(report).inWords();
        return inWords("it " + state, report.getDiagnostics());
    }

    static String inWords(String state, String diagnostics) {
        StringBuilder words = new StringBuilder(state);
        exitCode(diagnostics)
                .ifPresent(code -> words.append("; its master's container ").append(meaning(code)));
        words.append('.');
        Matcher lastWords = LAST_WORDS.matcher(diagnostics);
        if (lastWords.find()) {
            return words.append(" The master said:\n  ")
                    .append(lastWords.group(1) == null ? lastWords.group(2) : lastWords.group(1))
                    .append('\n')
                    .toString();
        }
        List<String> lines = diagnostics
                .lines()
                .filter(line -> !line.isBlank() && !NOISE.matcher(line).find())
                .map(line -> line.strip())
                .map(line -> line.length() > MAX_LINE_CHARS ? line.substring(0, MAX_LINE_CHARS) + "..." : line)
                .limit(MAX_LINES)
                .toList();
        if (!lines.isEmpty()) {
            words.append(" YARN says:\n  ").append(String.join("\n  ", lines)).append('\n');
        }
        return words.toString();
    }

    private static Optional<Integer> exitCode(String diagnostics) {
        Matcher matcher = EXIT_CODE.matcher(diagnostics);
        Optional<Integer> last = Optional.empty();
        while (matcher.find()) {
            last = Optional.of(Integer.parseInt(matcher.group(1)));
        }
        return last;
    }

    private static String meaning(int code) {
        return switch (code) {
            case 0 -> "ended by itself with exit code 0";
            case 3 -> "ran out of memory inside its JVM: raise selvage.master.memory";
            case -100 -> "was lost with its node, or given back";
            case -101 -> "found no good disk on its node";
            case -102 -> "was preempted for another queue";
            case -103 -> "was ended for its virtual memory: raise selvage.master.memory";
            case -104 -> "was ended for its physical memory: raise selvage.master.memory";
            case -106 -> "was ended by the ResourceManager";
            case -107 -> "was ended after its application";
            case -1000 -> "could not be started (a file could not be fetched, or its directory not be made)";
            case 137 -> "was killed with signal 9";
            case 143 -> "was ended with signal 15";
            default -> "ended with exit code " + code;
        };
    }
}
