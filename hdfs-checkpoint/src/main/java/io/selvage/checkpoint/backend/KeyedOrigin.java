package io.selvage.checkpoint.backend;

/** What a keyed backend starts from. It belongs to the backend from then on. */
public sealed interface KeyedOrigin permits KeyedOrigin.Nothing, StateReplica, RetainedState {
    KeyedOrigin NOTHING = Nothing.INSTANCE;

    /** No state. */
    enum Nothing implements KeyedOrigin {
        INSTANCE
    }
}
