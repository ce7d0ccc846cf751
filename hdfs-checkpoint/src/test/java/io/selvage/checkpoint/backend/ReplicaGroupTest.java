package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaGroupTest {
    private static final int KEYS = 200;

    private final ReplicaGroup group = new ReplicaGroup();

    /** What a row has; null bytes: nothing of it is compared. */
    private record Row(byte[] bytes, long firstTimer) {}

    private static byte[] key(int number) {
        return ("key-" + number).getBytes(StandardCharsets.UTF_8);
    }

    private void put(int number, Row row) {
        BinaryWriter out = new BinaryWriter();
        out.writeByte(42); // As in a segment, others come before it.
        int start = out.length();
        byte[] key = key(number);
        out.writeUnsignedVarInt(key.length);
        out.writeBytes(key, 0, key.length);
        int run = out.beginRun();
        out.writeBytes(row.bytes(), 0, row.bytes().length);
        out.endRun(run);
        FirstTimers timers = new FirstTimers();
        timers.set(TimeDomain.EVENT_TIME, row.firstTimer());
        timers.write(out);
        Entry entry = new Entry();
        entry.read(new BinaryReader(out.array(), start, out.length() - start));
        group.put(out.array(), start, entry);
    }

    private static Row row(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return new Row(bytes, random.nextBoolean() ? Long.MAX_VALUE : random.nextLong(1000));
    }

    private void assertIs(Map<Integer, Row> model) {
        assertThat(group.count()).isEqualTo(model.size());
        Entry entry = new Entry();
        int live = 0;
        for (int number = 0; number < KEYS; number++) {
            byte[] key = key(number);
            Row row = model.get(number);
            assertThat(group.find(key, 0, key.length, entry)).isEqualTo(row != null);
            if (row != null) {
                assertThat(Arrays.copyOfRange(group.arena(), entry.rowAt, entry.rowAt + entry.rowLength))
                        .isEqualTo(row.bytes());
                assertThat(entry.firstTimers.of(TimeDomain.EVENT_TIME)).isEqualTo(row.firstTimer());
                live += entry.end - entry.keyAt + 1; // The key's length takes a byte.
            }
        }
        assertThat(group.liveBytes()).isEqualTo(live);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void isWhatWasPutLastAndTakesLittleMore(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Integer, Row> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            int number = random.nextInt(KEYS);
            if (random.nextInt(10) == 0) {
                byte[] key = key(number);
                assertThat(group.remove(key, 0, key.length)).isEqualTo(model.remove(number) != null);
            } else {
                Row row = row(random, 1 + random.nextInt(random.nextBoolean() ? 20 : 300));
                put(number, row);
                model.put(number, row);
            }
            if (i % 500 == 0) {
                assertIs(model);
                assertTimersOf(model, random.nextLong(1000));
            }
        }
        assertIs(model);
        assertThat(group.arena().length).isLessThan(group.liveBytes() * 3 / 2 + 512);
    }

    private void assertTimersOf(Map<Integer, Row> model, long untilMillis) {
        long first = model.values().stream().mapToLong(Row::firstTimer).min().orElse(Long.MAX_VALUE);
        assertThat(group.firstTimerMillis(TimeDomain.EVENT_TIME)).isLessThanOrEqualTo(first);
        Entry entry = new Entry();
        boolean isDue = group.findDue(TimeDomain.EVENT_TIME, untilMillis, entry);
        assertThat(isDue).isEqualTo(first <= untilMillis);
        if (isDue) {
            assertThat(entry.firstTimers.of(TimeDomain.EVENT_TIME)).isEqualTo(first);
        }
    }

    @Test
    void rowsThatKeepTheirSizeTakeNoMemoryForBeingWritten() {
        SplittableRandom random = new SplittableRandom(7);
        for (int number = 0; number < KEYS; number++) {
            put(number, row(random, 1000));
        }
        byte[] before = group.arena();
        Map<Integer, Row> model = new HashMap<>();
        for (int round = 0; round < 3; round++) {
            for (int number = 0; number < KEYS; number++) {
                Row row = new Row(row(random, 1000 - round).bytes(), Long.MAX_VALUE);
                put(number, row);
                model.put(number, row);
            }
        }
        assertIs(model);
        assertThat(group.arena()).as("the same array").isSameAs(before);
    }
}
