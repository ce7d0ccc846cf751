package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.selvage.protocol.wire.NewTokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.junit.jupiter.api.Test;

class TokenIntakeTest {
    private static final Text SERVICE = new Text("127.0.0.1:8020");

    private final List<String> taken = new ArrayList<>();
    private final TokenIntake intake = new TokenIntake(
            credentials -> taken.add(new String(credentials.getToken(SERVICE).getIdentifier())));

    @Test
    void whatComesLateIsNotTaken() throws IOException {
        intake.take(1, tokens(1, "a"));
        intake.take(1, tokens(3, "c"));
        intake.take(1, tokens(2, "b"));
        intake.take(2, tokens(1, "d"));
        intake.take(1, tokens(9, "of a master that is not the newest"));
        intake.take(2, tokens(1, "the same again"));
        assertThat(taken).containsExactly("a", "c", "d");
    }

    @Test
    void damagedTokensAreLeftAndTheNextAreTaken() throws IOException {
        intake.take(
                1,
                NewTokens.newBuilder()
                        .setNumber(7)
                        .setCredentials(ByteString.copyFromUtf8("no tokens"))
                        .build());
        intake.take(1, tokens(1, "a"));
        assertThat(taken).containsExactly("a");
    }

    @Test
    void aTokenTakesThePlaceOfTheOneForTheSameService() throws IOException {
        UserGroupInformation user = UserGroupInformation.createRemoteUser("anna");
        TokenIntake ofUser = new TokenIntake(user::addCredentials);
        ofUser.take(1, tokens(1, "a"));
        ofUser.take(1, tokens(2, "b"));
        assertThat(user.getTokens())
                .extracting(token -> new String(token.getIdentifier()))
                .containsExactly("b");
    }

    private static NewTokens tokens(long number, String identifier) throws IOException {
        Credentials credentials = new Credentials();
        credentials.addToken(
                SERVICE, new Token<>(identifier.getBytes(), new byte[0], new Text("HDFS_DELEGATION_TOKEN"), SERVICE));
        DataOutputBuffer bytes = new DataOutputBuffer();
        credentials.writeTokenStorageToStream(bytes);
        return NewTokens.newBuilder()
                .setNumber(number)
                .setCredentials(ByteString.copyFrom(bytes.getData(), 0, bytes.getLength()))
                .build();
    }
}
