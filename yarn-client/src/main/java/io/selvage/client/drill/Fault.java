package io.selvage.client.drill;

import io.selvage.protocol.wire.DrillKind;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a drill does. */
public enum Fault {
    /** The master ends as by {@code kill -9}. */
    KILL_AM("kill -9 of the master"),
    /** An executor that runs a part of the job ends as by {@code kill -9}. */
    KILL_TASK("kill -9 of an executor that runs a part of the job"),
    /** The master stops as by {@code kill -STOP}: it is there, and silent, like one whose host is cut off. */
    HANG_AM("kill -STOP of the master"),
    /** An executor that runs a part of the job stops as by {@code kill -STOP}. */
    HANG_TASK("kill -STOP of an executor that runs a part of the job"),
    /** YARN is asked to fail the master's attempt. */
    FAIL_ATTEMPT("YARN is asked to fail the master's attempt");

    private final String words;

    Fault(String words) {
        this.words = words;
    }

    /** As typed: {@code kill-am}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Fault> of(String word) {
        return Arrays.stream(values())
                .filter(fault -> fault.word().equals(word))
                .findFirst();
    }

    public String inWords() {
        return words;
    }

    public boolean isOfMaster() {
        return this == KILL_AM || this == HANG_AM || this == FAIL_ATTEMPT;
    }

    DrillKind kind() {
        return switch (this) {
            case KILL_AM, KILL_TASK -> DrillKind.DRILL_KILL;
            case HANG_AM, HANG_TASK -> DrillKind.DRILL_HANG;
            case FAIL_ATTEMPT -> throw new IllegalStateException("YARN fails attempts, not a process itself");
        };
    }
}
