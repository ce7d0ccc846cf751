package io.selvage.protocol.process;

import java.util.OptionalLong;
import java.util.Properties;

/** What is kept of an executor's container for RocksDB, as the master tells the process when it starts it. */
public final class RocksDbMemory {
    private static final String PROPERTY = "selvage.executor.rocksdb-mib";

    private RocksDbMemory() {}

    /** An option of the executor's JVM. */
    public static String option(long mib) {
        return "-D" + PROPERTY + "=" + mib;
    }

    /**
     * In bytes; empty if nothing is kept, as all was given to heap and buffers.
     *
     * @param properties of the process
     * @throws NumberFormatException if it is not what {@link #option} says
     */
    public static OptionalLong bytes(Properties properties) {
        String mib = properties.getProperty(PROPERTY);
        return mib == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(mib) << 20);
    }
}
