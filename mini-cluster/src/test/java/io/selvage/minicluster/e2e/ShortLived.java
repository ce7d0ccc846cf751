package io.selvage.minicluster.e2e;

import java.util.Map;

/**
 * Settings of sessions whose containers live for seconds: code that is compiled once, and lightly, costs an executor's
 * start half of the processor time. {@link JobsIT}, {@link SessionIT}, the quickstart and the soak run as users do.
 */
final class ShortLived {
    static final Map<String, String> SETTINGS = Map.of(
            "selvage.executor.jvm-options", "-XX:TieredStopAtLevel=1",
            "selvage.master.jvm-options", "-XX:TieredStopAtLevel=1");

    private ShortLived() {}
}
