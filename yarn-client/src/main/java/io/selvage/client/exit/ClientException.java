package io.selvage.client.exit;

/** A command can't do what it was asked for; the message is a sentence for the user, with the remedy. */
public final class ClientException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public ClientException(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public ClientException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
