package io.selvage.protocol.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What has led to exceptions; pure. */
public final class Causes {
    /** They may go round in a circle. */
    private static final int MOST = 10;

    private Causes() {}

    /** The failure itself, its cause, the cause of that, and so on; null: none. */
    public static List<Throwable> of(@Nullable Throwable failure) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null && causes.size() < MOST; cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    /** The first of that kind among them. */
    public static <T extends Throwable> Optional<T> first(Class<T> kind, @Nullable Throwable failure) {
        return of(failure).stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }
}
