package io.selvage.task.control;

import io.selvage.protocol.wire.NewTokens;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the process the tokens that its masters send. Called by the transport's threads, of two links for the moment in
 * which one master follows another: hence a lock. Of what comes out of order only the newest is taken.
 */
public final class TokenIntake {
    private static final Logger LOG = LoggerFactory.getLogger(TokenIntake.class);

    private final Consumer<Credentials> process;
    private long epoch;
    private long number; // Of the master of that epoch.

    TokenIntake(Consumer<Credentials> process) {
        this.process = process;
    }

    /** Hadoop's clients take a user's tokens when they next connect; connections that stand need none. */
    public static TokenIntake ofThisProcess() {
        return new TokenIntake(credentials -> {
            try {
                UserGroupInformation.getLoginUser().addCredentials(credentials);
            } catch (IOException failed) {
                LOG.error("The process has no user that tokens could be given to", failed);
            }
        });
    }

    /** Tokens that can't be read are said to be so, and those in use go on. */
    synchronized void take(long fromEpoch, NewTokens tokens) {
        boolean isNewer = fromEpoch > epoch || (fromEpoch == epoch && tokens.getNumber() > number);
        if (!isNewer) {
            return;
        }
        Credentials credentials = new Credentials();
        try (DataInputStream in = new DataInputStream(tokens.getCredentials().newInput())) {
            credentials.readTokenStorageStream(in);
        } catch (IOException damaged) {
            LOG.error("Tokens of the master of epoch {} can't be read", fromEpoch, damaged);
            return;
        }
        epoch = fromEpoch;
        number = tokens.getNumber();
        process.accept(credentials);
        LOG.info("Got {} new tokens of the master of epoch {}", credentials.numberOfTokens(), fromEpoch);
    }
}
