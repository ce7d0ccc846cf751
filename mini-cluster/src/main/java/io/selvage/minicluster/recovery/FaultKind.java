package io.selvage.minicluster.recovery;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is done to the cluster. */
enum FaultKind {
    /** {@code kill -9} of an executor that runs a part of the job. */
    KILL_TASK,
    /** {@code kill -STOP} of such an executor, as the loss of its host looks. */
    HANG_TASK,
    /** {@code kill -9} of the ApplicationMaster. */
    KILL_AM,
    /** {@code kill -STOP} of the ApplicationMaster. */
    HANG_AM,
    /** The NameNode is stopped for a while. */
    NAME_NODE;

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static FaultKind of(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no fault " + word + "; there are "
                        + Arrays.stream(values()).map(FaultKind::word).collect(Collectors.joining(", ")) + "."));
    }

    boolean isOfMaster() {
        return this == KILL_AM || this == HANG_AM;
    }

    boolean isOfTask() {
        return this == KILL_TASK || this == HANG_TASK;
    }
}
