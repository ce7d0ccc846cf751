package io.selvage.master.token;

import java.io.IOException;
import java.util.OptionalLong;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.delegation.AbstractDelegationTokenIdentifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads off tokens until when they can hold at all, however often they are renewed; pure. */
public final class TokenEnds {
    private static final Logger LOG = LoggerFactory.getLogger(TokenEnds.class);

    private TokenEnds() {}

    /** Wall clock: the earliest end of a delegation token among them; empty if there is none. */
    public static OptionalLong earliest(Credentials credentials) {
        return credentials.getAllTokens().stream()
                .map(TokenEnds::end)
                .flatMapToLong(OptionalLong::stream)
                .min();
    }

    private static OptionalLong end(Token<?> token) {
        try {
            return token.decodeIdentifier() instanceof AbstractDelegationTokenIdentifier identifier
                    ? OptionalLong.of(identifier.getMaxDate())
                    : OptionalLong.empty();
        } catch (IOException | RuntimeException unreadable) {
            LOG.warn("A token of the kind {} does not say how long it holds.", token.getKind(), unreadable);
            return OptionalLong.empty();
        }
    }
}
