package io.selvage.task.exchange;

/** No record and no watermark follows on the channel; barriers still do. */
public final class EndOfInput extends Control {
    public static final EndOfInput INSTANCE = new EndOfInput();

    private EndOfInput() {}

    @Override
    public String toString() {
        return "end of input";
    }
}
