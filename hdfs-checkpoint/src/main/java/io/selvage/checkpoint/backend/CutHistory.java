package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its rows. The cuts that they may have to go back to, what they keep of each, and the rules by which the
 * segment of one may be added to another's: the subtask hears of completions late, or never, and segments that nothing
 * is known to need may be deleted at any time.
 *
 * @param <P> what the rows keep of a cut
 */
final class CutHistory<P> {
    /** Cuts that may be kept; the oldest that is not confirmed is given up for one more. */
    static final int MOST_POINTS = 16;

    /**
     * A cut, or what was restored.
     *
     * @param base what its segment adds to; 0: nothing
     * @param chain of the checkpoint; null: no segment can be added to it
     * @param isSavepoint no checkpoint adds to it, and it takes the place of none
     */
    record Point<P>(long checkpoint, long base, @Nullable SegmentChain chain, boolean isSavepoint, P kept) {
        /** Once it is complete, files of checkpoints before that one may be deleted. */
        private boolean replaces(long older) {
            return !isSavepoint && base < older;
        }
    }

    /** Is told before points go. */
    interface Keeper<P> {
        /**
         * Nobody goes back to these any more.
         *
         * @param next the oldest one after them; null: none
         */
        void forget(List<Point<P>> oldest, @Nullable Point<P> next);

        /** The same, but what has come after them has now come after the oldest point, which is confirmed. */
        void merge(List<Point<P>> aborted, Point<P> oldest);
    }

    private final String operator;
    private final Keeper<P> keeper;
    private final List<Point<P>> points = new ArrayList<>(); // Oldest first.
    private boolean isConfirmed; // The oldest point is.
    private long confirmedLater; // Confirmed, and not yet the oldest point; 0: none.

    CutHistory(String operator, Keeper<P> keeper) {
        this.operator = operator;
        this.keeper = keeper;
    }

    boolean isEmpty() {
        return points.isEmpty();
    }

    int size() {
        return points.size();
    }

    /** Oldest first. */
    List<Point<P>> points() {
        return Collections.unmodifiableList(points);
    }

    Point<P> oldest() {
        return points.get(0);
    }

    Point<P> newest() {
        return points.get(points.size() - 1);
    }

    boolean isConfirmed() {
        return isConfirmed;
    }

    @Nullable
    Point<P> find(long checkpoint) {
        int at = indexOf(checkpoint);
        return at < 0 ? null : points.get(at);
    }

    private int indexOf(long checkpoint) {
        for (int i = 0; i < points.size(); i++) {
            if (points.get(i).checkpoint() == checkpoint) {
                return i;
            }
        }
        return -1;
    }

    // ---- cuts ----------------------------------------------------------------------------------------------------

    /** What was restored is all there is. */
    void startFrom(long checkpoint, @Nullable SegmentChain chain, P kept) {
        points.add(new Point<>(checkpoint, 0, chain, false, kept));
        isConfirmed = true;
    }

    /**
     * Before a cut: makes room for it, and answers what its segment adds to, the oldest point; null: nothing, so that
     * it stands alone.
     *
     * @param isWorth whether a chain is, by what has changed since
     */
    @Nullable
    SegmentChain baseOf(long checkpoint, boolean isSavepoint, Predicate<SegmentChain> isWorth) {
        if (!points.isEmpty() && checkpoint <= newest().checkpoint()) {
            throw new IllegalStateException("operator " + operator + " was to cut for checkpoint " + checkpoint
                    + " after checkpoint " + newest().checkpoint());
        }
        SegmentChain base = isSavepoint ? null : baseOfNextCut(isWorth);
        if (points.size() >= MOST_POINTS) {
            long before = oldest().checkpoint();
            abort(points.get(isConfirmed ? 1 : 0).checkpoint());
            return oldest().checkpoint() == before ? base : null;
        }
        return base;
    }

    /** What the next segment adds to, unless it is a savepoint's. */
    @Nullable
    SegmentChain baseOfNextCut(Predicate<SegmentChain> isWorth) {
        SegmentChain base = isConfirmed ? oldest().chain() : null;
        if (base == null) {
            return null;
        }
        for (int i = 1; i < points.size(); i++) {
            // Once that one is complete, the chain before it may be deleted, and this segment would hang in the air.
            if (points.get(i).replaces(1)) {
                return null;
            }
        }
        return isWorth.test(base) ? base : null;
    }

    /** @param base 0: its segment stands alone */
    void add(long checkpoint, long base, boolean isSavepoint, P kept) {
        points.add(new Point<>(checkpoint, base, null, isSavepoint, kept));
    }

    /** The segment of a cut is written: others can be added to it once its checkpoint is complete. */
    void onWritten(long checkpoint, SegmentChain chain, P kept) {
        int at = indexOf(checkpoint);
        Point<P> point = points.get(at);
        points.set(at, new Point<>(checkpoint, point.base(), chain, point.isSavepoint(), kept));
    }

    // ---- what becomes of them ------------------------------------------------------------------------------------

    void confirm(long checkpoint) {
        int at = indexOf(checkpoint);
        if (at >= 0 && mayBeReplaced(checkpoint, at)) {
            confirmedLater = checkpoint;
        } else if (at >= 0) {
            advanceTo(at);
        } else if (isConfirmed && checkpoint > oldest().checkpoint()) {
            // It was given up here, and is complete: what the last confirmed one consists of may be deleted.
            unchain();
        }
    }

    /**
     * Whether there is a younger cut that adds to an older checkpoint than this one. Once it is complete, the segment
     * of this one may be deleted, and nobody may have told us yet: so nothing must be added to this one until we know.
     */
    private boolean mayBeReplaced(long checkpoint, int at) {
        return isConfirmed && points.stream().skip(at + 1L).anyMatch(younger -> younger.replaces(checkpoint));
    }

    private void advanceTo(int at) {
        keeper.forget(points.subList(0, at), points.get(at));
        points.subList(0, at).clear();
        isConfirmed = true;
        confirmedLater = 0;
    }

    /** Nothing is added to the oldest point any more. */
    void unchain() {
        Point<P> oldest = oldest();
        points.set(0, new Point<>(oldest.checkpoint(), 0, null, oldest.isSavepoint(), oldest.kept()));
    }

    void abort(long checkpoint) {
        if (confirmedLater != 0) {
            long after = Math.max(checkpoint, confirmedLater);
            boolean isKnown = points.stream()
                    .noneMatch(younger -> younger.checkpoint() > after && younger.replaces(confirmedLater));
            if (!isKnown || checkpoint < confirmedLater) {
                return; // A later word about the younger cut settles this one as well.
            }
            advanceTo(indexOf(confirmedLater));
        }
        int first = isConfirmed ? 1 : 0;
        int end = first;
        while (end < points.size() && points.get(end).checkpoint() <= checkpoint) {
            end++;
        }
        if (end == first) {
            return;
        }
        List<Point<P>> aborted = points.subList(first, end);
        if (isConfirmed) {
            keeper.merge(aborted, oldest());
        } else {
            keeper.forget(aborted, end < points.size() ? points.get(end) : null);
        }
        aborted.clear();
    }

    /** The rows are what they were at that point again. */
    void returnTo(Point<P> back, P kept) {
        points.clear();
        points.add(new Point<>(back.checkpoint(), back.base(), back.chain(), back.isSavepoint(), kept));
        isConfirmed = true;
        confirmedLater = 0;
    }

    /** Nobody goes back any more. */
    void clear() {
        keeper.forget(points, null);
        points.clear();
    }
}
