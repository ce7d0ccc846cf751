package io.selvage.checkpoint.backend;

/**
 * The key of a row that has one part of what another key has of a state; immutable.
 *
 * @param owner whose state it is
 * @param state by name, as sections may be numbered anew; and by namespace, if it has such
 * @param number from 0
 */
record PartKey(Object owner, String state, int number) {
    @Override
    public boolean equals(Object other) {
        return other instanceof PartKey part
                && part.number == number
                && part.state.equals(state)
                && KeyTable.equal(part.owner, owner);
    }

    @Override
    public int hashCode() {
        return (KeyTable.hash(owner) * 31 + state.hashCode()) * 31 + number;
    }
}
