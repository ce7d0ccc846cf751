package io.selvage.client.cli;

import io.selvage.checkpoint.content.ReadProgress;

/** Owned by the command's thread. Says how much is read; where a line can't be written over, only now and then. */
final class ReadLine implements ReadProgress {
    private static final int LIVE_STEP = 1;
    private static final int STEP = 10;
    /** Less is read before anybody has read a line about it. */
    private static final long WORTH_A_LINE = 64L << 20;

    private final String verb;
    private final Console console;
    private int said;

    /** @param verb in the past: verified, say */
    ReadLine(String verb, Console console) {
        this.verb = verb;
        this.console = console;
    }

    @Override
    public void onRead(long done, long total) {
        int percent = total == 0 ? 100 : (int) (100.0 * done / total);
        int step = console.isLive() ? LIVE_STEP : STEP;
        if (total >= WORTH_A_LINE && percent / step > said / step) {
            said = percent;
            console.progress(verb + " " + percent + " % of " + Words.bytes(total));
        }
    }
}
