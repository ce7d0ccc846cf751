package io.selvage.master.loop;

import io.selvage.master.event.MasterEvent;
import java.util.concurrent.TimeUnit;

/** What others have posted, for tests of theirs: the test's thread is the loop. */
public final class Posted {
    private static final long DEADLINE_SECONDS = 20;

    private Posted() {}

    public static MasterEvent next(Inbox inbox) throws InterruptedException {
        MasterEvent event = inbox.poll(TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS));
        if (event == null) {
            throw new AssertionError("Nothing was posted for " + DEADLINE_SECONDS + " s.");
        }
        return event;
    }
}
