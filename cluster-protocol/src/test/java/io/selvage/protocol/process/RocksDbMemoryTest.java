package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.junit.jupiter.api.Test;

class RocksDbMemoryTest {
    @Test
    void aProcessReadsWhatTheOptionSays() {
        Properties properties = new Properties();
        assertThat(RocksDbMemory.bytes(properties)).as("nothing is kept").isEmpty();
        String[] option = RocksDbMemory.option(512).substring("-D".length()).split("=", 2);
        properties.setProperty(option[0], option[1]);
        assertThat(RocksDbMemory.bytes(properties)).hasValue(512L << 20);
    }
}
