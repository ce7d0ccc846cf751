package io.selvage.master.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.security.client.RMDelegationTokenIdentifier;
import org.junit.jupiter.api.Test;

class TokenEndsTest {
    @Test
    void theEarliestEndCounts() throws IOException {
        Credentials credentials = new Credentials();
        assertThat(TokenEnds.earliest(credentials)).isEmpty();
        credentials.addToken(new Text("a"), token(7_000));
        credentials.addToken(new Text("b"), token(5_000));
        assertThat(TokenEnds.earliest(credentials)).hasValue(5_000);
    }

    @Test
    void whatDoesNotSayWhenItEndsIsPassedOver() throws IOException {
        Credentials credentials = new Credentials();
        credentials.addToken(new Text("a"), new Token<>(new byte[0], new byte[0], new Text("of no kind"), new Text()));
        credentials.addToken(
                new Text("b"),
                new Token<>(new byte[] {1, 2, 3}, new byte[0], RMDelegationTokenIdentifier.KIND_NAME, new Text()));
        assertThat(TokenEnds.earliest(credentials)).isEmpty();
        credentials.addToken(new Text("c"), token(5_000));
        assertThat(TokenEnds.earliest(credentials)).hasValue(5_000);
    }

    private static Token<?> token(long endMillis) throws IOException {
        RMDelegationTokenIdentifier identifier =
                new RMDelegationTokenIdentifier(new Text("anna"), new Text("yarn"), new Text());
        identifier.setMaxDate(endMillis);
        DataOutputBuffer bytes = new DataOutputBuffer();
        identifier.write(bytes);
        byte[] written = new byte[bytes.getLength()];
        System.arraycopy(bytes.getData(), 0, written, 0, written.length);
        return new Token<>(written, new byte[0], RMDelegationTokenIdentifier.KIND_NAME, new Text());
    }
}
