package io.selvage.api.connector;

import io.selvage.api.type.Serde;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * An input that can be replayed: it is planned into splits by one subtask, and each split is read by one reader from
 * any position that the reader has named before.
 *
 * <p>Both are part of the dataflow, and their positions part of every checkpoint.
 *
 * @param <T> elements
 * @param <S> splits: immutable
 */
public interface Source<T, S> extends Serializable {
    /** The element's format on the way to the next subtask. */
    Serde<T> serde();

    Serde<S> splitSerde();

    /**
     * Called in the client before anything is submitted, so that what is missing is refused there; the message is shown
     * to the user.
     */
    default void check() throws Exception {}

    /**
     * Splits go on beside each other, as partitions of a log do: a reader's subtask reads a little of each in turn, and
     * event time waits for all that it has from the start. Else they are a queue, as files are: the next one is begun
     * when those before it have ended or have nothing for now, and event time waits for those that have been begun. A
     * source whose splits have no end, or whose readers answer {@link SplitReader.Status#IDLE}, is to say true.
     */
    default boolean readsSideBySide() {
        return false;
    }

    /** @param restored what {@link SplitPlanner#snapshot} gave, or null at the first start */
    SplitPlanner<S> planner(SourceContext context, byte @Nullable [] restored) throws Exception;

    /** @param position what {@link SplitReader#position} gave, or null for the beginning of the split */
    SplitReader<T> reader(S split, byte @Nullable [] position, SourceContext context) throws Exception;
}
