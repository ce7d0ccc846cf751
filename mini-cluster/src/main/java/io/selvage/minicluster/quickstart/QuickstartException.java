package io.selvage.minicluster.quickstart;

/** There is no output to compare; the message says why. */
public final class QuickstartException extends Exception {
    private static final long serialVersionUID = 1L;

    QuickstartException(String message) {
        super(message);
    }
}
