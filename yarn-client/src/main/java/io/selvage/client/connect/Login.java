package io.selvage.client.connect;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.KerberosConfig;
import io.selvage.protocol.failure.FailureWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * As whom a client comes to the cluster; immutable. Hadoop has one user for the whole process, which may act for
 * another one: that it takes from its own variable or property, {@value #PROXY_USER}.
 *
 * @param keytab empty for the user's ticket, or without Kerberos for the user of this host
 * @param principal whose keys it holds
 */
public record Login(String keytab, String principal) {
    /** The user who runs this process. */
    public static final Login OWN = new Login("", "");

    private static final String PROXY_USER = "HADOOP_PROXY_USER";

    public static Login of(KerberosConfig kerberos) {
        return new Login(kerberos.keytab(), kerberos.principal());
    }

    /** As {@code --proxy-user} says, from now on; before anything else is done with Hadoop. */
    public static void actFor(String user) {
        String variable = System.getenv(PROXY_USER);
        if (variable != null && !variable.equals(user)) {
            throw new ClientException(
                    ExitCode.USAGE,
                    "The variable " + PROXY_USER + " is \"" + variable + "\", and --proxy-user is \"" + user
                            + "\". Leave out one of them.");
        }
        System.setProperty(PROXY_USER, user);
    }

    /** As whom this process comes to the cluster: its own user, or the one that it acts for; once it has logged in. */
    public static String user() {
        try {
            return UserGroupInformation.getCurrentUser().getShortUserName();
        } catch (IOException failed) {
            throw unknownUser(failed);
        }
    }

    /** Whether this process acts for another user. */
    public static boolean isForAnother() {
        return proxyUser() != null;
    }

    private static @Nullable String proxyUser() {
        String variable = System.getenv(PROXY_USER);
        return variable == null ? System.getProperty(PROXY_USER) : variable;
    }

    /** Whether a cluster asks for tickets. */
    public static boolean isTicketNeeded(YarnConfiguration hadoop) {
        return "kerberos".equalsIgnoreCase(hadoop.getTrimmed("hadoop.security.authentication", ""));
    }

    /** @throws ClientException if Kerberos does not know who this is */
    public void perform(YarnConfiguration hadoop) {
        // Hadoop's notion of who this is, which is one for the process and would else look for files on the class path.
        try {
            UserGroupInformation.setConfiguration(hadoop);
        } catch (IllegalArgumentException noRealm) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "This cluster uses Kerberos, and this host is not set up for it: " + noRealm.getMessage()
                            + ". Name the realm in krb5.conf, or another such file with"
                            + " SELVAGE_JVM_OPTIONS=-Djava.security.krb5.conf=FILE.",
                    noRealm);
        }
        if (!keytab.isEmpty()) {
            logIn(hadoop);
        }
        if (isTicketNeeded(hadoop)) {
            requireTicket();
        }
    }

    private void logIn(YarnConfiguration hadoop) {
        String keys = KerberosConfig.KEYTAB.name() + " and " + KerberosConfig.PRINCIPAL.name();
        if (!isTicketNeeded(hadoop)) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "This cluster does not use Kerberos (hadoop.security.authentication), and nobody can log in to it"
                            + " with a keytab. Leave out " + keys + ", or set HADOOP_CONF_DIR to another cluster.");
        }
        if (isForAnother()) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "A session of " + proxyUser() + " can't have the keytab of " + principal
                            + ": its master would act as " + principal + ". Leave out " + keys
                            + ", or the proxy user.");
        }
        Path file = Path.of(keytab).toAbsolutePath();
        if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "The keytab " + file + " (" + KerberosConfig.KEYTAB.name() + ") is "
                            + (Files.exists(file) ? "no file that you may read." : "not there.")
                            + " Name one that is on this host, and yours.");
        }
        try {
            UserGroupInformation.loginUserFromKeytab(principal, file.toString());
        } catch (IOException refused) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "Kerberos does not let you log in as " + principal + " with " + file + ": "
                            + FailureWords.sentence(refused) + " See which keys it holds: klist -kt " + file,
                    refused);
        }
    }

    /** Who runs as part of another application has that one's tokens instead. */
    private static void requireTicket() {
        try {
            UserGroupInformation user = UserGroupInformation.getLoginUser();
            if (!UserGroupInformation.getRealUserOrSelf(user).hasKerberosCredentials()
                    && user.getTokens().isEmpty()) {
                throw new ClientException(
                        ExitCode.REFUSED,
                        "This cluster uses Kerberos, and you have no ticket. Get one with kinit, or open the session with a"
                                + " keytab: yarn-session.sh -kt KEYTAB -kp PRINCIPAL.");
            }
        } catch (IOException failed) {
            throw unknownUser(failed);
        }
    }

    private static ClientException unknownUser(IOException failed) {
        return new ClientException(
                ExitCode.REFUSED,
                "Hadoop does not know who you are: " + FailureWords.sentence(failed) + " Get a ticket with kinit.",
                failed);
    }
}
