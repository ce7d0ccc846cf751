package io.selvage.protocol.process;

import java.util.Locale;

/** What a container's process is. */
public enum ProcessRole {
    /** It decides. */
    MASTER,
    /** It runs subtasks. */
    EXECUTOR;

    /** In file names. */
    public String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }
}
