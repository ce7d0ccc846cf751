package io.selvage.master.token;

import java.io.IOException;
import org.apache.hadoop.security.Credentials;

/** Where new tokens come from. */
@FunctionalInterface
public interface TokenSource {
    /**
     * Tokens for all services that the session uses.
     *
     * @param endMillis wall clock: when the first of them ends, if nobody renews them
     */
    record Obtained(Credentials tokens, long endMillis) {}

    /** Blocks. */
    Obtained obtain() throws IOException;
}
