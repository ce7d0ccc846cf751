package io.selvage.task.subtask;

import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Watermark;
import java.util.ArrayList;
import java.util.List;

/** Keeps what it is given; refuses every other offer if it is told to. */
final class RefusingOutput implements OutputChannel {
    /** What was accepted: records with their timestamps, and control elements. */
    record Element(Object value, long timestampMillis) {}

    final List<Element> accepted = new ArrayList<>();
    private final ChannelId id;
    private final boolean refuses;
    private boolean refuseNext;

    RefusingOutput(ChannelId id, boolean refuses) {
        this.id = id;
        this.refuses = refuses;
        this.refuseNext = refuses;
    }

    @Override
    public ChannelId id() {
        return id;
    }

    @Override
    public boolean tryEmit(Object value, long timestampMillis) {
        if (refuseNext) {
            refuseNext = false;
            return false;
        }
        refuseNext = refuses;
        accepted.add(new Element(value, timestampMillis));
        return true;
    }

    @Override
    public boolean tryEmit(Control control) {
        return tryEmit(control, 0);
    }

    @Override
    public boolean tryForce(Object value, long timestampMillis) {
        accepted.add(new Element(value, timestampMillis));
        return true;
    }

    @Override
    public boolean tryForce(Control control) {
        return tryForce(control, 0);
    }

    @Override
    public boolean tryAnnounce(Barrier barrier) {
        return tryEmit(barrier);
    }

    @Override
    public boolean isFull() {
        return false;
    }

    @Override
    public void flush() {}

    /** Records alone. */
    List<Element> records() {
        return accepted.stream()
                .filter(element -> !(element.value() instanceof Control))
                .toList();
    }

    List<Object> controls(Class<? extends Control> type) {
        return accepted.stream().map(Element::value).filter(type::isInstance).toList();
    }

    long lastWatermark() {
        List<Object> watermarks = controls(Watermark.class);
        return watermarks.isEmpty() ? Long.MIN_VALUE : ((Watermark) watermarks.get(watermarks.size() - 1)).millis();
    }

    boolean hasEnded() {
        return !controls(EndOfInput.class).isEmpty();
    }

    List<Object> barriers() {
        return controls(Barrier.class);
    }
}
