package io.selvage.task.control;

import io.selvage.protocol.id.Epoch;
import java.io.IOException;

/** Whoever can put another master in the place of one that is silent. */
public interface MasterReplacement {
    /**
     * Has that master ended. Blocks.
     *
     * @return what came of it, as a sentence for the log
     * @throws IOException with a sentence that says what is missing, and how to give it
     */
    String replace(Epoch silent) throws IOException;
}
