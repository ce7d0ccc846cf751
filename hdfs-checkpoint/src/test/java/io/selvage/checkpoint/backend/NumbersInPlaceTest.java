package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that have numbers in place, against maps, over cuts, ways back and restores. */
class NumbersInPlaceTest {
    private static final int GROUPS = 8;
    private static final int KEYS = 8;
    /** Of half of the seeds few, so that a key often has one or none; of the others more than fit into its row. */
    private static final int FEW = 3;

    private static final int MANY = 14;

    private static final class Counts {
        final RowKeyedStateBackend<String> backend;
        final NamespacedStates<Long> windows;
        final ReducingState<Long> counts;
        final ValueState<Double> other;

        Counts(KeyedOrigin origin) {
            backend = new RowKeyedStateBackend<>(
                    "operator", Serdes.STRING, GROUPS, new KeyGroupRange(0, GROUPS), origin, 100);
            windows = backend.namespaced(Serdes.LONG);
            counts = windows.reducing(new ReducingStateDescriptor<>("counts", Serdes.LONG, Long::sum));
            other = backend.states().value(new ValueStateDescriptor<>("other", Serdes.DOUBLE));
            assertThat(backend.opened()).isEmpty();
        }

        Map<String, Map<Long, Long>> all() throws Exception {
            Map<String, Map<Long, Long>> all = new TreeMap<>();
            for (int key = 0; key < KEYS; key++) {
                backend.setCurrentKey("key-" + key);
                for (long namespace = 0; namespace < MANY; namespace++) {
                    windows.setNamespace(namespace);
                    Long count = counts.value();
                    if (count != null) {
                        all.computeIfAbsent("key-" + key, any -> new TreeMap<>())
                                .put(namespace, count);
                    }
                }
                Double own = other.value();
                if (own != null) {
                    all.computeIfAbsent("key-" + key, any -> new TreeMap<>()).put(-1L, own.longValue());
                }
            }
            return all;
        }
    }

    private static Map<String, Map<Long, Long>> copy(Map<String, Map<Long, Long>> model) {
        Map<String, Map<Long, Long>> copy = new TreeMap<>();
        model.forEach((key, of) -> {
            if (!of.isEmpty()) {
                copy.put(key, new TreeMap<>(of));
            }
        });
        return copy;
    }

    private static void change(Counts of, Map<String, Map<Long, Long>> model, SplittableRandom random, int namespaces)
            throws Exception {
        String key = "key-" + random.nextInt(KEYS);
        long namespace = random.nextInt(namespaces);
        Map<Long, Long> ofKey = model.computeIfAbsent(key, any -> new TreeMap<>());
        of.backend.setCurrentKey(key);
        of.windows.setNamespace(namespace);
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                long value = random.nextLong(-5, 1L << 40);
                of.counts.add(value);
                ofKey.merge(namespace, value, Long::sum);
            }
            case 3, 4 -> {
                of.counts.clear();
                ofKey.remove(namespace);
            }
            case 5 -> {
                long from = 1 + namespace % (namespaces - 1);
                of.windows.merge(from, 0L);
                Long moved = ofKey.remove(from);
                if (moved != null) {
                    ofKey.merge(0L, moved, Long::sum);
                }
            }
            case 6 -> {
                of.other.update((double) namespace);
                ofKey.put(-1L, namespace);
            }
            case 7 -> {
                of.other.clear();
                ofKey.remove(-1L);
            }
            default -> {
                for (long each = 0; each < namespaces; each++) {
                    of.windows.setNamespace(each);
                    of.windows.clear();
                    ofKey.remove(each);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void numbersAreWhatTheyWouldBeAsObjects(int seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        int namespaces = seed % 2 == 0 ? FEW : MANY;
        Counts counts = new Counts(KeyedOrigin.NOTHING);
        Map<String, Map<Long, Long>> model = new HashMap<>();
        Map<String, Map<Long, Long>> confirmed = Map.of();
        byte[] whole = {};
        for (int checkpoint = 1; checkpoint <= 30; checkpoint++) {
            for (int step = 0; step < 60; step++) {
                change(counts, model, random, namespaces);
            }
            assertThat(counts.all()).isEqualTo(copy(model));
            whole = counts.backend.snapshotWhole(checkpoint).complete().bytes();
            counts.backend.confirm(checkpoint);
            confirmed = copy(model);
            if (random.nextInt(3) == 0) {
                change(counts, model, random, namespaces);
                RetainedState left = Objects.requireNonNull(counts.backend.retain());
                assertThat(left.tryRewind(checkpoint)).isTrue();
                counts = new Counts(left);
                model = copy(confirmed);
                assertThat(counts.all()).isEqualTo(confirmed);
            }
        }
        KeyedReplica replica = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
        replica.apply(whole, 30);
        assertThat(new Counts(replica).all()).isEqualTo(confirmed);
    }

    @Test
    void theFirstStatesThatAreNumbersAreInPlace() {
        WordLayout layout = Objects.requireNonNull(WordLayout.of(List.of(
                new SchemaSerde<>("value", Serdes.STRING),
                new SchemaSerde<>("value", Serdes.INTEGER),
                new NamespacesSerde<>(Serdes.LONG, Serdes.LONG, false),
                new SchemaSerde<>("value", Serdes.DOUBLE),
                new SchemaSerde<>("value", Serdes.LONG))));
        assertThat(List.of(0, 1, 2, 3, 4)).map(layout::wordOf).containsExactly(-1, 0, -1, 1, -1);
        assertThat(layout.value(0, layout.bits(0, -7))).isEqualTo(-7);
        assertThat(layout.value(1, layout.bits(1, Double.NaN))).isEqualTo(Double.NaN);
        WordLayout pair = Objects.requireNonNull(
                WordLayout.of(List.of(new NamespacesSerde<>(Serdes.INTEGER, Serdes.DOUBLE, false))));
        assertThat(pair.isPair(0)).isTrue();
        List<Serde<?>> objects = List.of(Serdes.STRING, new NamespacesSerde<>(Serdes.LONG, Serdes.STRING, false));
        assertThat(WordLayout.of(objects)).isNull();
    }
}
