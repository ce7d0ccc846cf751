package io.selvage.master.yarn;

import io.selvage.protocol.failure.ExitWords;
import io.selvage.protocol.process.ProcessRole;
import java.util.Optional;

/** Puts the end of an executor's container into words. */
final class ExitStatus {
    private static final int MAX_DIAGNOSTICS = 300;

    private ExitStatus() {}

    /** A sentence for people, with the remedy where there is one. */
    static String explain(String container, int status, String diagnostics) {
        return "Container " + container + " " + ExitWords.of(ProcessRole.EXECUTOR, status) + "." + detail(diagnostics);
    }

    private static String detail(String diagnostics) {
        Optional<String> lastWords = ExitWords.lastWords(ProcessRole.EXECUTOR, diagnostics);
        if (lastWords.isPresent()) {
            return " It said: " + shortened(lastWords.get());
        }
        String first = diagnostics.strip().lines().findFirst().orElse("").strip();
        if (first.isEmpty()) {
            return "";
        }
        return " YARN says: " + shortened(first);
    }

    private static String shortened(String line) {
        return line.length() > MAX_DIAGNOSTICS ? line.substring(0, MAX_DIAGNOSTICS) + " ..." : line;
    }
}
