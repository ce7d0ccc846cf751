package io.selvage.protocol.process;

import java.util.Map;
import java.util.Optional;

/**
 * Where the master was that has launched an executor, in the executor's environment: it can connect before it has read
 * the journal, which alone says who is master.
 *
 * @param epoch the master's
 * @param host without colons
 */
public record MasterHint(long epoch, String host, int controlPort) {
    /** The variable that holds it. */
    public static final String VARIABLE = "SELVAGE_MASTER";

    private static final int PARTS = 3;

    /** The variable's value. */
    public String encode() {
        return epoch + ":" + controlPort + ":" + host;
    }

    /** What the environment says, if it says something. */
    public static Optional<MasterHint> in(Map<String, String> environment) {
        String[] parts = environment.getOrDefault(VARIABLE, "").split(":", PARTS);
        if (parts.length < PARTS) {
            return Optional.empty();
        }
        return Optional.of(new MasterHint(Long.parseLong(parts[0]), parts[2], Integer.parseInt(parts[1])));
    }
}
