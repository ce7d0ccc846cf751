package io.selvage.master.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.Patience;
import io.selvage.master.event.ExitCode;
import io.selvage.protocol.config.KerberosConfig;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.security.AMRMTokenIdentifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterLoginTest {
    @TempDir
    Path directory;

    @Test
    void aMasterThatLogsInKeepsNoTokenThatWouldBeTakenInsteadOfItsTicket() {
        Credentials launchedWith = new Credentials();
        launchedWith.addSecretKey(new Text("selvage.identity"), new byte[] {1});
        launchedWith.addToken(new Text("nn"), token("HDFS_DELEGATION_TOKEN"));
        launchedWith.addToken(new Text("rm"), token("RM_DELEGATION_TOKEN"));
        launchedWith.addToken(new Text("am"), token(AMRMTokenIdentifier.KIND_NAME.toString()));
        Credentials own = MasterLogin.own(launchedWith);
        assertThat(own.getAllTokens()).extracting(Token::getKind).containsExactly(AMRMTokenIdentifier.KIND_NAME);
        assertThat(own.getSecretKey(new Text("selvage.identity"))).containsExactly(1);
    }

    private static Token<?> token(String kind) {
        return new Token<>(new byte[] {1}, new byte[] {2}, new Text(kind), new Text(kind));
    }

    @Test
    void aKeytabThatIsNotThereEndsTheMasterWithACodeOfItsOwnOnceItsPatienceIsOver() {
        String realm = System.setProperty("java.security.krb5.realm", "EXAMPLE.COM");
        String center = System.setProperty("java.security.krb5.kdc", "127.0.0.1:1");
        Configuration hadoop = new Configuration();
        hadoop.set("hadoop.security.authentication", "kerberos");
        int[] failures = new int[1];
        Patience twice = failed -> {
            failures[0] = failed;
            return failed < 2;
        };
        try {
            assertThatThrownBy(() -> MasterLogin.logIn(
                            hadoop,
                            new KerberosConfig("anna.keytab", "anna@EXAMPLE.COM", List.of()),
                            directory.resolve("selvage-master.keytab"),
                            new Credentials(),
                            twice))
                    .isInstanceOfSatisfying(
                            StartException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ExitCode.LOGIN_REFUSED))
                    .hasMessageContaining("anna@EXAMPLE.COM");
            assertThat(failures[0]).isEqualTo(2);
        } finally {
            restore("java.security.krb5.realm", realm);
            restore("java.security.krb5.kdc", center);
            UserGroupInformation.reset();
        }
    }

    private static void restore(String name, String value) {
        if (value == null) {
            System.clearProperty(name);
        } else {
            System.setProperty(name, value);
        }
    }
}
