package io.selvage.checkpoint.corpus;

import io.selvage.checkpoint.backend.KeyedStateBackend;

/** Owned by one thread. An operator of some key groups, and what it has there. */
interface Sample {
    KeyedStateBackend<?> backend();

    /** Gives all keys of its key groups what they have. */
    void fill() throws Exception;

    /** All of it is there, and nothing else; all timers fire. */
    void assertRight() throws Exception;
}
