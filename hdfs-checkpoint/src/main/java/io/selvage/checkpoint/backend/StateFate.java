package io.selvage.checkpoint.backend;

/**
 * What becomes of one state of an operator when a program goes on from a checkpoint.
 *
 * @param state its name
 * @param words for a person: what has changed, or a sentence with the reason and the remedy; empty: nothing to say
 */
public record StateFate(String state, Kind kind, String words) {
    /** What there is to become of a state. */
    public enum Kind {
        /** It is as it was. */
        RESTORED,
        /** It was written in another way, in which it can be read; it is rewritten as it is used. */
        EVOLVED,
        /** The checkpoint has nothing of it. */
        EMPTY,
        /** The program has no state of its name. */
        DROPPED,
        /** It can't be read, and the job can't start. */
        REFUSED
    }
}
