package io.selvage.checkpoint.restore;

import io.selvage.checkpoint.backend.StateFate;
import java.util.List;
import java.util.stream.Stream;

/**
 * What becomes of the keyed state of a savepoint when a job starts from it, as far as its schemas tell; and of its
 * broadcast state, what the program has no use for.
 *
 * @param job the name of the job that is to start
 * @param from the savepoint's path
 * @param operators of the program that keep state, and others whose uids had some
 * @param droppedOperators that only the savepoint has, by uid
 */
public record RestorePlan(String job, String from, List<OfOperator> operators, List<String> droppedOperators) {
    /**
     * Of one operator.
     *
     * @param states empty: the savepoint has no keyed state of it, or it is not known
     * @param untold why it is not known: the job's tasks will tell; empty: it is
     */
    public record OfOperator(String uid, List<StateFate> states, String untold) {}

    /** A state, and whose it is. */
    public record OwnedFate(String operator, StateFate fate) {}

    /** Those of one kind. */
    public Stream<OwnedFate> fates(StateFate.Kind kind) {
        return operators.stream()
                .flatMap(operator -> operator.states().stream()
                        .filter(fate -> fate.kind() == kind)
                        .map(fate -> new OwnedFate(operator.uid(), fate)));
    }
}
