package io.selvage.task.operator;

import io.selvage.api.state.BroadcastState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.BroadcastSection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broadcast states of one operator in one subtask; owned by the subtask's thread. Each subtask writes all of them
 * to each checkpoint: they need not be the same everywhere at the cut, as what is broadcast does not come to all at
 * once.
 */
final class BroadcastStates {
    private static final Logger LOG = LoggerFactory.getLogger(BroadcastStates.class);

    private final OperatorContext context;
    private final Map<String, Held> states = new LinkedHashMap<>();

    BroadcastStates(OperatorContext context, List<MapStateDescriptor<?, ?>> descriptors) {
        this.context = context;
        for (MapStateDescriptor<?, ?> descriptor : descriptors) {
            states.put(descriptor.name(), new Held(descriptor));
        }
    }

    @SuppressWarnings("unchecked") // A name stands for one descriptor, and so for its types.
    <K, V> BroadcastState<K, V> state(MapStateDescriptor<K, V> descriptor) {
        Held held = states.get(descriptor.name());
        if (held == null) {
            throw new IllegalArgumentException("there is no broadcast state " + descriptor.name()
                    + ": give its descriptor to broadcast(...) as well, which has " + states.keySet());
        }
        return (BroadcastState<K, V>) held;
    }

    /**
     * Which subtask's states a subtask goes on from. On another number of subtasks, what was under way to that one
     * comes to it as well.
     */
    static int origin(int subtask, int restoredParallelism) {
        return subtask % restoredParallelism;
    }

    void write(BinaryWriter out) {
        BroadcastSection.write(states.values().stream().map(Held::section).toList(), out);
    }

    void read(BinaryReader in) {
        for (BroadcastSection section : BroadcastSection.read(in)) {
            Held state = states.get(section.name());
            if (state == null) {
                LOG.warn(
                        "{} has no use for the broadcast state {} of the restored checkpoint",
                        context.describe(),
                        section.name());
            } else {
                state.read(
                        new BinaryReader(section.entries()),
                        reader(state.keySerde, section.keySchema(), "keys", section.name()),
                        reader(state.valueSerde, section.valueSchema(), "values", section.name()));
            }
        }
    }

    private Function<BinaryReader, Object> reader(Serde<Object> serde, String written, String of, String state) {
        return context.reader(
                serde,
                written,
                "The broadcast state " + state + " of " + context.describe() + " does not fit the checkpoint. Of its "
                        + of + ": ",
                "Declare it as it was, or give it another name.");
    }

    /** Owned by the subtask's thread. */
    private static final class Held implements BroadcastState<Object, Object> {
        final String name;
        final Serde<Object> keySerde;
        final Serde<Object> valueSerde;
        private final Map<Object, Object> map = new HashMap<>();
        private final Iterable<Map.Entry<Object, Object>> entries =
                Collections.unmodifiableMap(map).entrySet();

        @SuppressWarnings("unchecked")
        Held(MapStateDescriptor<?, ?> descriptor) {
            this.name = descriptor.name();
            this.keySerde = (Serde<Object>) descriptor.keySerde();
            this.valueSerde = (Serde<Object>) descriptor.valueSerde();
        }

        BroadcastSection section() {
            BinaryWriter entries = new BinaryWriter();
            entries.writeUnsignedVarInt(map.size());
            map.forEach((key, value) -> {
                keySerde.write(key, entries);
                valueSerde.write(value, entries);
            });
            return new BroadcastSection(name, keySerde.schema(), valueSerde.schema(), entries.toByteArray());
        }

        void read(BinaryReader in, Function<BinaryReader, Object> keys, Function<BinaryReader, Object> values) {
            int count = in.readCount();
            for (int i = 0; i < count; i++) {
                Object key = keys.apply(in);
                map.put(key, values.apply(in));
            }
        }

        @Override
        public @Nullable Object get(Object key) {
            return map.get(key);
        }

        @Override
        public boolean contains(Object key) {
            return map.containsKey(key);
        }

        @Override
        public Iterable<Map.Entry<Object, Object>> entries() {
            return entries;
        }

        @Override
        public void put(Object key, Object value) {
            map.put(Objects.requireNonNull(key, "a key"), Objects.requireNonNull(value, "a value; remove the key"));
        }

        @Override
        public void remove(Object key) {
            map.remove(key);
        }

        @Override
        public void clear() {
            map.clear();
        }
    }
}
