package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a key distribution center: nobody gets as far as to ask one. */
class LoginTest {
    private static final String REALM = "java.security.krb5.realm";
    private static final String CENTER = "java.security.krb5.kdc";
    private static final String PROXY_USER = "HADOOP_PROXY_USER";

    @TempDir
    Path directory;

    @BeforeEach
    void nameARealm() {
        System.setProperty(REALM, "EXAMPLE.COM");
        System.setProperty(CENTER, "127.0.0.1:1");
    }

    @AfterEach
    void forget() {
        System.clearProperty(REALM);
        System.clearProperty(CENTER);
        System.clearProperty(PROXY_USER);
        UserGroupInformation.reset();
    }

    private static YarnConfiguration cluster(String authentication) {
        YarnConfiguration hadoop = new YarnConfiguration(new Configuration(false));
        hadoop.set("hadoop.security.authentication", authentication);
        return hadoop;
    }

    private Login withKeytab() {
        return new Login(directory.resolve("anna.keytab").toString(), "anna@EXAMPLE.COM");
    }

    private static void assertRefused(Login login, String authentication, ExitCode code, String... words) {
        assertThatThrownBy(() -> login.perform(cluster(authentication)))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refused -> assertThat(refused.exitCode()).isEqualTo(code))
                .satisfies(refused -> assertThat(refused.getMessage()).contains(words));
    }

    @Test
    void aClusterWithoutKerberosTakesEverybodyAndNoKeytab() {
        Login.OWN.perform(cluster("simple"));
        assertRefused(withKeytab(), "simple", ExitCode.BAD_INPUT, "does not use Kerberos", "HADOOP_CONF_DIR");
    }

    @Test
    void whoHasNoTicketIsToldWhereToGetOne() {
        assertRefused(Login.OWN, "kerberos", ExitCode.REFUSED, "no ticket", "kinit", "-kt");
    }

    @Test
    void aKeytabThatIsMissingOrNoneIsRefused() throws Exception {
        assertRefused(withKeytab(), "kerberos", ExitCode.BAD_INPUT, "anna.keytab", "is not there");
        Files.writeString(directory.resolve("anna.keytab"), "no keys");
        assertRefused(withKeytab(), "kerberos", ExitCode.REFUSED, "anna@EXAMPLE.COM", "klist -kt");
    }

    @Test
    void whoActsForAnotherBringsNoKeytab() {
        assertThat(Login.isForAnother()).isFalse();
        Login.actFor("bert");
        assertThat(Login.isForAnother()).isTrue();
        assertRefused(
                withKeytab(), "kerberos", ExitCode.BAD_INPUT, "A session of bert", "would act as anna@EXAMPLE.COM");
    }

    @Test
    void aProxyUserIsHadoopsOwn() throws Exception {
        Login.actFor("bert");
        UserGroupInformation.reset();
        Login.OWN.perform(cluster("simple"));
        assertThat(UserGroupInformation.getLoginUser().getShortUserName()).isEqualTo("bert");
        assertThat(UserGroupInformation.getLoginUser().getRealUser()).isNotNull();
    }
}
