package io.selvage.client.doctor;

/**
 * What one check has come to.
 *
 * @param check what was looked at, in a few words
 * @param text one line; of a warning or a problem with the remedy
 */
public record Finding(String check, Verdict verdict, String text) {
    public Finding {
        text = text.strip().replaceAll("\\s*\\n\\s*", " ");
    }

    static Finding ok(String check, String text) {
        return new Finding(check, Verdict.OK, text);
    }

    static Finding warning(String check, String text) {
        return new Finding(check, Verdict.WARNING, text);
    }

    static Finding problem(String check, String text) {
        return new Finding(check, Verdict.PROBLEM, text);
    }

    /** How bad it is. */
    public enum Verdict {
        /** As it should be. */
        OK,
        /** Sessions run, and something will not go as well as it could; or it could not be checked. */
        WARNING,
        /** No session can be opened, or none is safe. */
        PROBLEM
    }
}
