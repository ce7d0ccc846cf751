package io.selvage.protocol.config;

/** Whom a setting is for. */
public enum Scope {
    /** The session: given in conf/selvage.yaml or when it is opened. */
    SESSION,
    /** A job: also given when it is submitted, or by the program itself. */
    JOB
}
