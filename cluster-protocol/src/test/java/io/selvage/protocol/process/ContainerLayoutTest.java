package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerLayoutTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lib",
                "hadoop-conf",
                "user-jars",
                "selvage-session.pb",
                "tmp",
                "classes.list",
                "launch_container.sh",
                "container_tokens",
                ".container_tokens.crc",
                "programs",
                "state",
                "."
            })
    void whatProcessesOrYarnKeepThereIsTaken(String name) {
        assertThat(ContainerLayout.isTaken(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rules.txt", "libs", "models", "statements", ".hidden", "krb5.conf"})
    void otherNamesAreTheUsers(String name) {
        assertThat(ContainerLayout.isTaken(name)).isFalse();
    }
}
