package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an operator's own state in a checkpoint, beside its keyed state, is of. The first byte says so: the kind in its
 * high half, the format of what follows in its low half. The first versions of Selvage left the high half empty; what
 * they have written is taken for what is looked for. The state of a planner of splits is a connector's own, and has no
 * such head.
 */
public enum OperatorStateKind {
    SOURCE_POSITIONS(1, 2, "source positions"),
    PENDING_OUTPUT(2, 1, "pending output"),
    BROADCAST(3, 1, "broadcast state"),
    UNDER_WAY(4, 1, "elements under way"),
    PARTIAL_AGGREGATES(5, 1, "partial aggregates"),
    EVENT_TIME(6, 1, "event time");

    private static final int FORMAT_BITS = 4;
    private static final int FORMAT_MASK = (1 << FORMAT_BITS) - 1;

    /** In checkpoints for good. */
    private final int number;

    private final int newestFormat;
    private final String words;

    OperatorStateKind(int number, int newestFormat, String words) {
        this.number = number;
        this.newestFormat = newestFormat;
        this.words = words;
    }

    /** Before the state. */
    public void writeHead(BinaryWriter out) {
        out.writeByte(number << FORMAT_BITS | newestFormat);
    }

    /**
     * Reads past the head.
     *
     * @return the format of what follows
     * @throws StateMismatchException if the state is of another kind, or of a newer format
     */
    public int readHead(BinaryReader in) {
        byte head = in.readByte();
        int format = head & FORMAT_MASK;
        // That of a first version, which did not say what it is, is looked at here alone.
        Optional<String> misfit = misfit(head, Set.of(this)).or(() -> unreadable(format));
        if (misfit.isPresent()) {
            throw new StateMismatchException("The checkpoint " + misfit.get());
        }
        return format;
    }

    /**
     * Why state with that head can't be that of a step.
     *
     * @param expected kinds that the step's state may be of
     * @return what follows "the checkpoint", to the end of the last sentence
     */
    public static Optional<String> misfit(byte head, Set<OperatorStateKind> expected) {
        if (!isSaid(head)) {
            return Optional.empty();
        }
        Optional<OperatorStateKind> found =
                Arrays.stream(values()).filter(kind -> kind.isSaidBy(head)).findFirst();
        if (found.isEmpty()) {
            return Optional.of("has state of a kind that this version of Selvage does not know. Use the version that"
                    + " wrote it.");
        }
        OperatorStateKind kind = found.get();
        if (!expected.contains(kind)) {
            return Optional.of(kind.inPlaceOf(expected));
        }
        return kind.unreadable(head & FORMAT_MASK);
    }

    /**
     * Why state of this kind can't be that of a step.
     *
     * @param expected kinds that the step's state may be of
     * @return what follows "the checkpoint", to the end of the last sentence
     */
    public String inPlaceOf(Set<OperatorStateKind> expected) {
        String lookedFor = Arrays.stream(values())
                .filter(expected::contains)
                .map(each -> each.words)
                .collect(Collectors.joining(" or "));
        return "has " + words + " in place of " + lookedFor
                + ": a step has the uid that one of another kind had. Give it" + " another one.";
    }

    /** Whether state with that head says what it is of. */
    public static boolean isSaid(byte head) {
        return numberOf(head) != 0;
    }

    /** Whether state with that head says that it is of this kind. */
    public boolean isSaidBy(byte head) {
        return numberOf(head) == number;
    }

    /** Whether state with that head is of this kind, or of a first version, and may be. */
    public boolean isPossible(byte head) {
        return isSaidBy(head) || !isSaid(head) && unreadable(head & FORMAT_MASK).isEmpty();
    }

    /** Whether state of this kind is there also when it holds nothing, so that a step of another kind loses nothing. */
    public boolean mayBeOfNothing() {
        return this == UNDER_WAY || this == BROADCAST;
    }

    /**
     * Whether state is of a kind that is there also when it holds nothing, and does so. What the first versions have
     * written does not say what it is, nor does a planner's state; of that it is not to be asked.
     */
    public static boolean isOfNothing(byte[] state) {
        byte head = state.length == 0 ? 0 : state[0];
        Optional<OperatorStateKind> kind = Arrays.stream(values())
                .filter(OperatorStateKind::mayBeOfNothing)
                .filter(each -> each.isSaidBy(head))
                .filter(each -> each.unreadable(head & FORMAT_MASK).isEmpty())
                .findFirst();
        if (kind.isEmpty()) {
            return false;
        }
        try {
            BinaryReader in = new BinaryReader(state);
            if (kind.get() == BROADCAST) {
                return BroadcastSection.read(in).stream().allMatch(BroadcastSection::isEmpty);
            }
            UNDER_WAY.readHead(in);
            in.readString(); // The schema of elements.
            return in.readCount() == 0;
        } catch (CorruptDataException notRead) {
            return false; // Whoever takes it up says why.
        }
    }

    private static int numberOf(byte head) {
        return (head & 0xff) >> FORMAT_BITS;
    }

    private Optional<String> unreadable(int format) {
        if (format >= 1 && format <= newestFormat) {
            return Optional.empty();
        }
        String known = newestFormat == 1 ? "format 1 only" : "formats 1 to " + newestFormat;
        return Optional.of("has " + words + " in format " + format + ", and this version of Selvage reads " + known
                + ". Use the version that wrote it.");
    }
}
