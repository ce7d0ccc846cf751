package io.selvage.master.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.StatusAccess;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.Test;

class StatusReadersTest {
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
        YarnConfiguration named = with("yarn.resourcemanager.hostname", "rm.example.com");
        named.set("yarn.resourcemanager.webapp.address", "0.0.0.0:8088");
        assertThat(StatusReaders.hosts(named)).containsExactly("rm.example.com");
    }

    @Test
    void nobodyMayReadUntilTheProxyIsFoundAndThenItMayWhateverNameServersDo() throws UnknownHostException {
        InetAddress first = InetAddress.getByName("192.0.2.1");
        InetAddress second = InetAddress.getByName("192.0.2.2");
        InetAddress moved = InetAddress.getByName("192.0.2.3");
        Map<String, InetAddress> known = new HashMap<>();
        StatusReaders readers = new StatusReaders(host -> {
            InetAddress address = known.get(host);
            if (address == null) {
                throw new UnknownHostException(host);
            }
            return Set.of(address);
        });
        List<String> hosts = List.of("rm-1", "rm-2");
        assertThat(readers.test(first)).isFalse();

        known.put("rm-1", first);
        assertThat(readers.lookUp(hosts)).as("one is still to be found").isFalse();
        assertThat(readers.test(first)).isTrue();
        assertThat(readers.test(second)).isFalse();

        known.put("rm-2", second);
        assertThat(readers.lookUp(hosts)).isTrue();
        assertThat(readers.test(second)).isTrue();

        known.remove("rm-1");
        known.put("rm-2", moved);
        assertThat(readers.lookUp(hosts)).isFalse();
        assertThat(readers.test(first)).as("nobody has said that it moved").isTrue();
        assertThat(readers.test(second)).isFalse();
        assertThat(readers.test(moved)).isTrue();
    }

    /** As YARN's settings have it where nobody has set any: all is on one host. */
    @Test
    void aWildcardIsThisHost() throws UnknownHostException {
        Set<String> hosts = StatusReaders.hosts(new YarnConfiguration());
        assertThat(hosts).containsExactly("0.0.0.0");
        StatusReaders readers = new StatusReaders();
        readers.lookUp(hosts);
        assertThat(readers.test(InetAddress.getByName("127.0.0.1"))).isTrue();
        assertThat(readers.test(InetAddress.getByName("192.0.2.7"))).isFalse();
    }

    private static YarnConfiguration with(String key, String value) {
        YarnConfiguration hadoop = new YarnConfiguration();
        hadoop.set(key, value);
        return hadoop;
    }
}
