package io.selvage.protocol.config;

/** Who may read the status page at the master's own port. */
public enum StatusAccess {
    /** {@link #PROXY} on a cluster with Kerberos, {@link #ALL} elsewhere. */
    AUTO,
    /** YARN's web proxy alone. */
    PROXY,
    /** Whoever reaches the port. */
    ALL
}
