package io.selvage.task.executor;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Events made from their numbers alone: split after split goes forward in event time, a little out of order within.
 *
 * @param keys distinct ones
 * @param heldBy while {@link #HELD} has it, the last split comes slowly, and its last event not at all: so a run can go
 *     on until it has seen what it is for, however slow the machine is; empty: nobody
 */
record EventSource(int splits, int eventsPerSplit, int keys, int disorderMillis, String heldBy)
        implements Source<EventSource.Event, Integer> {
    static final Set<String> HELD = ConcurrentHashMap.newKeySet();
    private static final long HELD_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** So few from one cut to the next: also where checkpoints take long, most of the state does not change between. */
    private static final int MOST_HELD_STEPS = 10;

    /** One element. */
    record Event(String key, long timeMillis, long value) {}

    /** Time between two events. */
    static final long STEP_MILLIS = 10;

    EventSource(int splits, int eventsPerSplit, int keys, int disorderMillis) {
        this(splits, eventsPerSplit, keys, disorderMillis, "");
    }

    EventSource heldBy(String name) {
        return new EventSource(splits, eventsPerSplit, keys, disorderMillis, name);
    }

    Event event(int number) {
        long hash = (number * 0x9E3779B97F4A7C15L) >>> 20;
        long time = number * STEP_MILLIS - Math.floorMod(hash, disorderMillis + 1);
        return new Event("key-" + Math.floorMod(hash >> 8, keys), Math.max(0, time), number % 1000);
    }

    int count() {
        return splits * eventsPerSplit;
    }

    @Override
    public Serde<Event> serde() {
        return Serdes.of(Event.class);
    }

    @Override
    public Serde<Integer> splitSerde() {
        return Serdes.of(Integer.class);
    }

    @Override
    public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
        return new Planner(restored == null ? 0 : ByteBuffer.wrap(restored).getInt());
    }

    @Override
    public SplitReader<Event> reader(Integer split, byte @Nullable [] position, SourceContext context) {
        int from = position == null
                ? split * eventsPerSplit
                : ByteBuffer.wrap(position).getInt();
        return new Reader(from, (split + 1) * eventsPerSplit);
    }

    private final class Planner implements SplitPlanner<Integer> {
        private int next;

        Planner(int next) {
            this.next = next;
        }

        @Override
        public List<Integer> discover() {
            List<Integer> found = new ArrayList<>();
            for (int i = 0; i < 2 && next < splits; i++) {
                found.add(next++);
            }
            return found;
        }

        @Override
        public boolean isComplete() {
            return next == splits;
        }

        @Override
        public byte[] snapshot() {
            return ByteBuffer.allocate(Integer.BYTES).putInt(next).array();
        }
    }

    private final class Reader implements SplitReader<Event> {
        private int next;
        private final int end;
        private long steppedNanos = System.nanoTime();
        private int heldSteps;

        Reader(int next, int end) {
            this.next = next;
            this.end = end;
        }

        @Override
        public Status read(SourceOutput<Event> out, int maxElements) {
            if (end == count() && HELD.contains(heldBy)) {
                long nowNanos = System.nanoTime();
                boolean isDue = heldSteps < MOST_HELD_STEPS && nowNanos - steppedNanos >= HELD_STEP_NANOS;
                if (next < end - 1 && isDue) {
                    heldSteps++;
                    steppedNanos = nowNanos;
                    out.collect(event(next++));
                }
                return Status.IDLE;
            }
            for (int i = 0; i < maxElements && next < end; i++) {
                out.collect(event(next++));
            }
            return next == end ? Status.END : Status.MORE;
        }

        @Override
        public byte[] position() {
            heldSteps = 0;
            return ByteBuffer.allocate(Integer.BYTES).putInt(next).array();
        }
    }
}
