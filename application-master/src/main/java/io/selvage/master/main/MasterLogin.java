package io.selvage.master.main;

import io.selvage.checkpoint.store.Patience;
import io.selvage.master.event.ExitCode;
import io.selvage.protocol.config.KerberosConfig;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.security.AMRMTokenIdentifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs the master's process in with its keytab; used once, by the thread that reads Hadoop's settings. */
final class MasterLogin {
    private static final Logger LOG = LoggerFactory.getLogger(MasterLogin.class);

    private MasterLogin() {}

    /**
     * Blocks until it has succeeded.
     *
     * @param launchedWith the credentials of the container
     * @param patience with a key distribution center that does not answer
     * @throws StartException if Kerberos refuses
     */
    static void logIn(
            Configuration hadoop, KerberosConfig kerberos, Path keytab, Credentials launchedWith, Patience patience) {
        UserGroupInformation.setConfiguration(hadoop);
        for (int failures = 1; ; failures++) {
            try {
                UserGroupInformation.loginUserFromKeytab(kerberos.principal(), keytab.toString());
                UserGroupInformation.getLoginUser().addCredentials(own(launchedWith));
                LOG.info("Logged in as {} with {}.", kerberos.principal(), keytab);
                return;
            } catch (IOException refused) {
                if (!patience.waitAfter(failures)) {
                    throw new StartException(
                            ExitCode.LOGIN_REFUSED,
                            "Kerberos does not let the master log in as " + kerberos.principal() + ": "
                                    + refused.getMessage() + ". Check that the keytab that the session was opened with"
                                    + " holds the principal's present keys, and that " + keytab + " is there.",
                            refused);
                }
                LOG.warn(
                        "The log-in as {} has failed and is tried again: {}", kerberos.principal(), refused.toString());
            }
        }
    }

    /**
     * Hadoop's clients take a token rather than a ticket, even one that has ended, and new tokens are given for a
     * ticket alone: the master keeps none of those that it was launched with, but for the one that makes it the master.
     */
    static Credentials own(Credentials launchedWith) {
        Credentials own = new Credentials();
        for (Token<?> token : launchedWith.getAllTokens()) {
            if (AMRMTokenIdentifier.KIND_NAME.equals(token.getKind())) {
                own.addToken(token.getService(), token);
            }
        }
        launchedWith.getAllSecretKeys().forEach(alias -> own.addSecretKey(alias, launchedWith.getSecretKey(alias)));
        return own;
    }
}
