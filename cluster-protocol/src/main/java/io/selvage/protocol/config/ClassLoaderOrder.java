package io.selvage.protocol.config;

/** Whose class a program gets if its jar and Selvage both have one of that name. */
public enum ClassLoaderOrder {
    /** The jar's: a program may bring other versions of libraries than Selvage has. */
    CHILD_FIRST,
    /** Selvage's: what a jar repeats by mistake is ignored. */
    PARENT_FIRST
}
