package io.selvage.checkpoint.backend;

/** What a keyed backend starts from. It belongs to the backend from then on. */
public sealed interface KeyedOrigin permits KeyedOrigin.Nothing, StateReplica, RetainedState {
    KeyedOrigin NOTHING = Nothing.INSTANCE;

    /** No backend will start from it; nothing happens if one has. */
    void close();

    /** No state. */
    enum Nothing implements KeyedOrigin {
        INSTANCE;

        @Override
        public void close() {
            // There is nothing.
        }
    }
}
