package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RowKeyedStateBackendTest {
    private static final int GROUPS = 16;

    @Test
    void aKeyWithoutStateTakesNoRoom() {
        RowKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        MapState<String, Long> map = backend.states().map(new MapStateDescriptor<>("m", Serdes.STRING, Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        assertThat(value.value()).isNull();
        assertThat(backend.keyCount()).isZero();
        value.update(1L);
        map.put("x", 1L);
        value.clear();
        assertThat(backend.keyCount()).isEqualTo(1);
        map.remove("x");
        assertThat(backend.keyCount()).isZero();
        map.put("y", 2L);
        assertThat(map.get("y")).isEqualTo(2);
    }

    @Test
    void byteArraysAreKeysByTheirContent() {
        RowKeyedStateBackend<byte[]> backend = fresh(Serdes.BYTES);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey(new byte[] {1, 2});
        value.update(7L);
        backend.setCurrentKey(new byte[] {1, 3});
        assertThat(value.value()).isNull();
        backend.setCurrentKey(new byte[] {1, 2});
        assertThat(value.value()).isEqualTo(7);
    }

    @Test
    void anotherFormatIsRefusedWithTheStateAndBothFormats() {
        byte[] bytes = withCounter();
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(bytes));
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("counter", Serdes.STRING)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageStartingWith("The state \"counter\" of operator count does not fit what was written: it was"
                        + " written as i64 and is now string. Declare it as it was, or give the state another name to"
                        + " start it empty.");
        RowKeyedStateBackend<String> other =
                new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(bytes));
        assertThatThrownBy(() -> other.timers("counter", NoNamespace.SERDE)).isInstanceOf(StateMismatchException.class);
    }

    @Test
    void otherKeysAndOtherNumbersOfKeyGroupsAreRefused() {
        byte[] bytes = withCounter();
        assertThatThrownBy(() -> new RowKeyedStateBackend<>("count", Serdes.LONG, GROUPS, all(), replica(bytes)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("The keys of operator count were written as string and are now i64");
        assertThatThrownBy(() -> new RowKeyedStateBackend<>(
                        "count", Serdes.STRING, 2 * GROUPS, new KeyGroupRange(0, 2 * GROUPS), replica(bytes)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("written with 16 key groups")
                .hasMessageContaining("set the job's maximum parallelism back to 16");
    }

    @Test
    void bytesOfSomethingElseAreRefused() {
        assertThatThrownBy(
                        () -> new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(new byte[40])))
                .isInstanceOf(CorruptDataException.class);
    }

    @Test
    void aStateThatIsNotDeclaredAnyMoreIsDroppedAndNamed() {
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(withCounter()));
        backend.states().value(new ValueStateDescriptor<>("other", Serdes.LONG));
        assertThat(backend.opened()).containsExactly("counter");
        assertThat(backend.keyCount()).isZero();
    }

    @Test
    void twoStatesOfOneNameAndStatesAfterOpeningAreRefused() {
        RowKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG)))
                .hasMessageContaining("two states of the name \"v\"");
        backend.opened();
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("w", Serdes.LONG)))
                .hasMessageContaining("Obtain it in openState");
    }

    @Test
    void aKeyOfAnotherSubtaskIsRefused() {
        RowKeyedStateBackend<String> backend = new RowKeyedStateBackend<>(
                "count", Serdes.STRING, GROUPS, new KeyGroupRange(0, 0), KeyedOrigin.NOTHING);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        assertThatThrownBy(() -> value.update(1L)).hasMessageContaining("whose groups are");
    }

    @Test
    void timersFireInOrderOnceAndMayRegisterOthersThatAreDue() throws Exception {
        RowKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        TimerQueue<String, NoNamespace> timers = backend.timers("t", NoNamespace.SERDE);
        backend.opened();
        backend.setCurrentKey("a");
        assertThat(timers.register(NoNamespace.NONE, 30)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 10)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 10)).isFalse();
        backend.setCurrentKey("b");
        assertThat(timers.register(NoNamespace.NONE, 10)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 40)).isTrue();
        assertThat(timers.delete(NoNamespace.NONE, 40)).isTrue();
        assertThat(timers.delete(NoNamespace.NONE, 40)).isFalse();
        assertThat(timers.nextMillis()).isEqualTo(10);
        List<String> fired = new ArrayList<>();
        int count = timers.advance(29, (key, namespace, at) -> {
            assertThat(backend.currentKey()).isEqualTo(key);
            fired.add(key + at);
            if (key.equals("b") && at == 10) {
                timers.register(namespace, 20);
            }
        });
        assertThat(count).isEqualTo(3);
        assertThat(fired.subList(0, 2)).containsExactlyInAnyOrder("a10", "b10");
        assertThat(fired.get(2)).isEqualTo("b20");
        assertThat(timers.nextMillis()).isEqualTo(30);
        assertThat(timers.count()).isEqualTo(1);
    }

    private static byte[] withCounter() {
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), KeyedOrigin.NOTHING);
        ValueState<Long> counter = backend.states().value(new ValueStateDescriptor<>("counter", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        counter.update(1L);
        return snapshot(backend);
    }

    private static <K> RowKeyedStateBackend<K> fresh(Serde<K> keys) {
        return new RowKeyedStateBackend<>("operator", keys, GROUPS, all(), KeyedOrigin.NOTHING);
    }

    private static KeyGroupRange all() {
        return new KeyGroupRange(0, GROUPS);
    }

    private static byte[] snapshot(KeyedStateBackend<?> backend) {
        return backend.snapshot(1).complete().bytes();
    }

    private static KeyedReplica replica(byte[]... segments) {
        KeyedReplica replica = new KeyedReplica("count", all());
        for (byte[] segment : segments) {
            replica.apply(segment, 1);
        }
        return replica;
    }
}
