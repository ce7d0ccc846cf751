package io.selvage.checkpoint.source;

import io.selvage.checkpoint.backend.RocksEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/** Safe for use by many threads. Where readers of RocksDB's files put them; made when first asked for. */
final class LocalDisk {
    private static final long BLOCK_CACHE_BYTES = 8L << 20;

    private LocalDisk() {}

    static RocksEnvironment environment() {
        return Opened.ENVIRONMENT;
    }

    private static final class Opened {
        static final RocksEnvironment ENVIRONMENT = open();

        private static RocksEnvironment open() {
            try {
                // In a container that is the container's own, and goes with it.
                return new RocksEnvironment(Files.createTempDirectory("selvage-state"), BLOCK_CACHE_BYTES, 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
