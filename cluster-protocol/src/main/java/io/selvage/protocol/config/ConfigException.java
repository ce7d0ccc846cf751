package io.selvage.protocol.config;

/** A setting is refused; the message is a sentence for the user, with the key, its value and what is allowed. */
public final class ConfigException extends RuntimeException {
    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
