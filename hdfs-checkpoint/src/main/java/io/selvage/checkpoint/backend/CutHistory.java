package io.selvage.checkpoint.backend;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its rows. The cuts that they may have to go back to, what they keep of each, and the rules by which the
 * segment of one may be added to another's: the subtask hears of completions late, or never, and segments that nothing
 * is known to need may be deleted at any time.
 *
 * <p>The points are, oldest first: the one that was confirmed last; the newest cut that was aborted and yet is stored,
 * to which segments can be added all the same, as nothing is deleted that is newer than all complete checkpoints; and
 * cuts of which is not known what becomes of them. The first two may be missing.
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

        /** Once it is complete, files of what that one consists of may be deleted. */
        private boolean replacesChainOf(Point<P> confirmed) {
            return !isSavepoint && base != confirmed.checkpoint();
        }

        SegmentChain chainOrThrow() {
            return Objects.requireNonNull(chain, "a base without a chain");
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

        /** The same, but what has come after them has now come after the point before them. */
        void merge(List<Point<P>> aborted, Point<P> before);

        /** Nobody goes back to this one any more, but others may be added to it: answers what is kept for that. */
        P keepAsBase(P kept);
    }

    private final String operator;
    private final Keeper<P> keeper;
    private final List<Point<P>> points = new ArrayList<>(); // Oldest first.
    private boolean isConfirmed; // The oldest point is.
    private boolean hasStored; // The oldest point that is not confirmed is aborted, and yet stored.
    private long confirmedLater; // Confirmed, and not yet the oldest point; 0: none.

    CutHistory(String operator, Keeper<P> keeper) {
        this.operator = operator;
        this.keeper = keeper;
    }

    boolean isEmpty() {
        return points.isEmpty();
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

    /** What is not known is what becomes of any of them. */
    boolean isSettled() {
        return points.size() == settled();
    }

    /** So many points are confirmed, or aborted and stored: the oldest. */
    private int settled() {
        return (isConfirmed ? 1 : 0) + (hasStored ? 1 : 0);
    }

    private Stream<Point<P>> mayComplete() {
        return points.stream().skip(settled());
    }

    private @Nullable Point<P> storedOrNull() {
        return hasStored ? points.get(settled() - 1) : null;
    }

    @Nullable
    Point<P> find(long checkpoint) {
        int at = indexOf(checkpoint);
        return at < 0 ? null : points.get(at);
    }

    /** That one, if it is, or may turn out to be, complete. */
    @Nullable
    Point<P> findWayBack(long checkpoint) {
        Point<P> point = find(checkpoint);
        return point == storedOrNull() ? null : point;
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
     * Before a cut: makes room for it, and answers what its segment adds to, a point with a chain; null: nothing, so
     * that it stands alone.
     *
     * @param isWorth whether a point's chain is, by what has changed since
     */
    @Nullable
    Point<P> baseOf(long checkpoint, boolean isSavepoint, Predicate<Point<P>> isWorth) {
        if (!points.isEmpty() && checkpoint <= newest().checkpoint()) {
            throw new IllegalStateException("operator " + operator + " was to cut for checkpoint " + checkpoint
                    + " after checkpoint " + newest().checkpoint());
        }
        Point<P> base = isSavepoint ? null : baseOfNextCut(isWorth);
        if (points.size() >= MOST_POINTS) {
            abort(points.get(settled()).checkpoint(), false);
            return base == null || find(base.checkpoint()) == null ? null : base;
        }
        return base;
    }

    /** What the next segment adds to, unless it is a savepoint's. */
    @Nullable
    Point<P> baseOfNextCut(Predicate<Point<P>> isWorth) {
        Point<P> stored = storedOrNull();
        // Once one that replaces it is complete, it may be deleted, and this segment would hang in the air.
        if (stored != null && mayComplete().noneMatch(younger -> younger.replaces(stored.checkpoint()))) {
            return isWorth.test(stored) ? stored : null;
        }
        Point<P> confirmed = isConfirmed ? oldest() : null;
        if (confirmed == null
                || confirmed.chain() == null
                || mayComplete().anyMatch(younger -> younger.replacesChainOf(confirmed))) {
            return null;
        }
        return isWorth.test(confirmed) ? confirmed : null;
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
        } else if (!isConfirmed || checkpoint > oldest().checkpoint()) {
            // It was given up here, and is complete: what the others consist of may be deleted.
            unchain();
        }
    }

    /**
     * Whether there is a younger cut that adds to an older checkpoint than this one. Once it is complete, the segment
     * of this one may be deleted, and nobody may have told us yet: so nothing must be added to this one until we know.
     */
    private boolean mayBeReplaced(long checkpoint, int at) {
        return isConfirmed
                && mayComplete().anyMatch(younger -> younger.checkpoint() > checkpoint && younger.replaces(checkpoint));
    }

    private void advanceTo(int at) {
        hasStored &= at < settled() - 1;
        keeper.forget(points.subList(0, at), points.get(at));
        points.subList(0, at).clear();
        isConfirmed = true;
        confirmedLater = 0;
    }

    /** Nothing is added to what is settled any more. */
    void unchain() {
        if (hasStored) {
            int at = settled() - 1;
            hasStored = false;
            drop(at, at + 1);
        }
        if (isConfirmed) {
            Point<P> oldest = oldest();
            points.set(0, new Point<>(oldest.checkpoint(), 0, null, oldest.isSavepoint(), oldest.kept()));
        }
    }

    /**
     * That cut, and those before it that are not confirmed, will never be complete.
     *
     * @param isStored its segment is stored, or is being stored; if it turns out that it is not, and never will be,
     *     this is called again
     */
    void abort(long checkpoint, boolean isStored) {
        if (confirmedLater != 0) {
            long after = Math.max(checkpoint, confirmedLater);
            boolean isKnown = mayComplete()
                    .noneMatch(younger -> younger.checkpoint() > after && younger.replaces(confirmedLater));
            if (!isKnown || checkpoint < confirmedLater) {
                return; // A later word about the younger cut settles this one as well.
            }
            advanceTo(indexOf(confirmedLater));
        }
        Point<P> stored = storedOrNull();
        int at = indexOf(checkpoint);
        if (isStored && at >= settled() && isBase(points.get(at))) {
            keepAsBase(at);
            return;
        }
        if (!isStored && stored != null && stored.checkpoint() == checkpoint) {
            hasStored = false;
        }
        drop(settled(), endOf(checkpoint));
    }

    /** It is written, and what it is added to is stored as well. */
    private boolean isBase(Point<P> point) {
        return !point.isSavepoint() && point.chain() != null && (point.base() == 0 || find(point.base()) != null);
    }

    private void keepAsBase(int at) {
        Point<P> point = points.get(at);
        hasStored = false;
        drop(settled(), at);
        hasStored = true;
        points.set(
                settled() - 1,
                new Point<>(point.checkpoint(), point.base(), point.chain(), false, keeper.keepAsBase(point.kept())));
    }

    private int endOf(long checkpoint) {
        int end = settled();
        while (end < points.size() && points.get(end).checkpoint() <= checkpoint) {
            end++;
        }
        return end;
    }

    private void drop(int first, int end) {
        if (first >= end) {
            return;
        }
        List<Point<P>> dropped = points.subList(first, end);
        if (first > 0) {
            keeper.merge(dropped, points.get(first - 1));
        } else {
            keeper.forget(dropped, end < points.size() ? points.get(end) : null);
        }
        dropped.clear();
    }

    /** The rows are what they were at that point again. */
    void returnTo(Point<P> back, P kept) {
        points.clear();
        points.add(new Point<>(back.checkpoint(), back.base(), back.chain(), back.isSavepoint(), kept));
        isConfirmed = true;
        hasStored = false;
        confirmedLater = 0;
    }

    /** Nobody goes back any more. */
    void clear() {
        keeper.forget(points, null);
        points.clear();
        isConfirmed = false;
        hasStored = false;
    }
}
