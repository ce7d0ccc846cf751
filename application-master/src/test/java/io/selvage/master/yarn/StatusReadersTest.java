package io.selvage.master.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.StatusAccess;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;

class StatusReadersTest {
    private static final String NOWHERE = "nowhere.invalid";

    @Test
    void allMayReadWhereNobodyProvesWhoHeIsUnlessTheSettingSaysOtherwise() {
        YarnConfiguration open = with("hadoop.security.authentication", "simple");
        YarnConfiguration secure = with("hadoop.security.authentication", "kerberos");

        assertThat(StatusReaders.isForAll(StatusAccess.AUTO, open)).isTrue();
        assertThat(StatusReaders.isForAll(StatusAccess.AUTO, secure)).isFalse();
        assertThat(StatusReaders.isForAll(StatusAccess.PROXY, open)).isFalse();
        assertThat(StatusReaders.isForAll(StatusAccess.ALL, secure)).isTrue();
    }

    @Test
    void theProxyIsWhereYarnsSettingsHaveItOrAtEachResourceManager() {
        assertThat(StatusReaders.hosts(with("yarn.web-proxy.address", "proxy.example.com:9099")))
                .containsExactly("proxy.example.com");
        assertThat(StatusReaders.hosts(with("yarn.resourcemanager.hostname", "rm.example.com")))
                .containsExactly("rm.example.com");
        YarnConfiguration pair = with("yarn.resourcemanager.ha.enabled", "true");
        pair.set("yarn.resourcemanager.ha.rm-ids", "one,two");
        pair.set("yarn.resourcemanager.webapp.address.one", "127.0.0.7:8088");
        pair.set("yarn.resourcemanager.webapp.address.two", "127.0.0.8:8088");
        assertThat(StatusReaders.hosts(pair)).containsExactlyInAnyOrder("127.0.0.7", "127.0.0.8");
    }

    @Test
    void nobodyMayReadUntilTheProxyIsFoundAndThenItMayWhateverNameServersDo() throws UnknownHostException {
        StatusReaders readers = new StatusReaders();
        InetAddress proxy = InetAddress.getByName("127.0.0.7");
        assertThat(readers.test(proxy)).isFalse();

        readers.lookUp(List.of(NOWHERE, "127.0.0.7"));
        assertThat(readers.test(proxy)).isTrue();
        assertThat(readers.test(InetAddress.getByName("127.0.0.1"))).isFalse();

        readers.lookUp(List.of(NOWHERE));
        assertThat(readers.test(proxy)).isTrue();
    }

    private static YarnConfiguration with(String key, String value) {
        YarnConfiguration hadoop = new YarnConfiguration();
        hadoop.set(key, value);
        return hadoop;
    }
}
