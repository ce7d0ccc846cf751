package io.selvage.client.deploy;

import org.jspecify.annotations.Nullable;

/** Which Selvage this is. */
public final class Version {
    private Version() {}

    /** As the jar's manifest has it, or "development" outside of a jar. */
    public static String current() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
