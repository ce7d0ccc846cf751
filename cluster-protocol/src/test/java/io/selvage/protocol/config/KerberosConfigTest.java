package io.selvage.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class KerberosConfigTest {
    private static KerberosConfig config(String... options) {
        return KerberosConfig.from(Configuration.defaults().withOptions(List.of(options)));
    }

    @Test
    void keytabAndPrincipalGoTogether() {
        assertThat(config().hasKeytab()).isFalse();
        assertThat(config(
                                "selvage.security.kerberos.keytab=/home/anna/anna.keytab",
                                "selvage.security.kerberos.principal=anna/admin@EXAMPLE.COM")
                        .hasKeytab())
                .isTrue();
        assertThatThrownBy(() -> config("selvage.security.kerberos.keytab=/home/anna/anna.keytab"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("selvage.security.kerberos.principal is not: set both");
        assertThatThrownBy(() -> config("selvage.security.kerberos.principal=anna"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("selvage.security.kerberos.keytab is not: set both");
    }

    @Test
    void aPrincipalAndFileSystemsAreChecked() {
        assertThatThrownBy(() -> config("selvage.security.kerberos.principal=anna@EXAMPLE@COM"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("anna@EXAMPLE.COM");
        assertThat(config("selvage.security.kerberos.file-systems=hdfs://nn2:8020, hdfs://archive")
                        .fileSystems())
                .containsExactly("hdfs://nn2:8020", "hdfs://archive");
        assertThatThrownBy(() -> config("selvage.security.kerberos.file-systems=archive"))
                .isInstanceOf(ConfigException.class);
    }
}
