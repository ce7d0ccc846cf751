package io.selvage.client.connect;

import io.selvage.protocol.failure.ExitWords;
import io.selvage.protocol.process.ProcessRole;
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
                .ifPresent(code ->
                        words.append("; its master's container ").append(ExitWords.of(ProcessRole.MASTER, code)));
        words.append('.');
        Optional<String> lastWords = ExitWords.lastWords(ProcessRole.MASTER, diagnostics);
        if (lastWords.isPresent()) {
            return words.append(" It said:\n  ")
                    .append(lastWords.get())
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
}
