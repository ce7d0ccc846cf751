package io.selvage.client.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a user's session files are, the client's log, and what makes commands start sooner. {@code scripts/selvage} and
 * the completion of bash find the same.
 */
public final class UserDirectory {
    /** Names another one. */
    public static final String VARIABLE = "SELVAGE_USER_DIR";

    private static final String STATE_HOME = "XDG_STATE_HOME";

    private UserDirectory() {}

    /**
     * The one that is named, else {@code selvage} in the user's folder for state, as freedesktop.org's base directory
     * specification has it. Whoever has used a version before that has {@code ~/.selvage}, with the only copy of his
     * sessions' keys: that is it as long as there is no other.
     *
     * @param home the user's
     */
    public static Path of(Map<String, String> environment, Path home) {
        String named = environment.get(VARIABLE);
        if (named != null && !named.isBlank()) {
            return Path.of(named).toAbsolutePath();
        }
        Path state = Path.of(environment.getOrDefault(STATE_HOME, ""));
        // By the specification, a path that is relative is passed over.
        Path directory = (state.isAbsolute() ? state : home.resolve(".local/state")).resolve("selvage");
        Path before = home.resolve(".selvage");
        return !Files.isDirectory(directory) && Files.isDirectory(before) ? before : directory;
    }

    /** Of the user whose process this is. */
    public static Path of(Map<String, String> environment) {
        return of(environment, Path.of(System.getProperty("user.home")));
    }
}
