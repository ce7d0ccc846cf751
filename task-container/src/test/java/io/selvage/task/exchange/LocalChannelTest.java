package io.selvage.task.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalChannelTest {
    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(String.class);

    private static final ChannelId ID = new ChannelId(new JobId("job-1"), new Incarnation(1), 1, 0, 0);
    private static final Duration TARGET = Duration.ofSeconds(1);
    private static final long LONG_WAIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Wakeup producer = new Wakeup();
    private final Wakeup consumer = new Wakeup();

    @Test
    void handsOverTheVeryObjectWithItsTimestampInOrder() {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer, 4);
        Object first = new Object();
        Barrier barrier = new Barrier(new CheckpointId(3), 5, false);
        assertThat(channel.tryEmit(first, 17)).isTrue();
        assertThat(channel.tryEmit(barrier)).isTrue();
        assertThat(channel.poll()).isSameAs(first);
        assertThat(channel.timestampMillis()).isEqualTo(17);
        assertThat(channel.poll()).isSameAs(barrier);
        assertThat(channel.poll()).isNull();
        assertThat(channel.isEmpty()).isTrue();
    }

    @Test
    void showsTheRecordsThatAreNextUpToAControlAndKeepsThem() {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer, 8);
        Object[] next = new Object[3];
        assertThat(channel.peek(next, 3)).isZero();
        for (int round = 0; round < 20; round++) { // Around the ring, and around again.
            List<String> records = List.of("a" + round, "b" + round, "c" + round, "d" + round);
            records.forEach(record -> assertThat(channel.tryEmit(record, 0)).isTrue());
            assertThat(channel.tryEmit(new Watermark(round))).isTrue();
            assertThat(channel.peek(next, 3)).isEqualTo(3);
            assertThat(next).containsExactlyElementsOf(records.subList(0, 3));
            assertThat(channel.poll()).isEqualTo(records.get(0));
            assertThat(channel.poll()).isEqualTo(records.get(1));
            assertThat(channel.peek(next, 3)).isEqualTo(2);
            assertThat(next).startsWith(records.get(2), records.get(3));
            assertThat(channel.poll()).isEqualTo(records.get(2));
            assertThat(channel.poll()).isEqualTo(records.get(3));
            assertThat(channel.peek(next, 3)).isZero();
            assertThat(channel.poll()).isEqualTo(new Watermark(round));
            channel.release(round);
        }
    }

    @Test
    void refusesWhatDoesNotFitAndTakesItAfterARelease() {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer, 2);
        assertThat(channel.tryEmit("a", 0)).isTrue();
        assertThat(channel.isFull()).isFalse();
        assertThat(channel.tryEmit("b", 0)).isTrue();
        assertThat(channel.tryEmit("c", 0)).isFalse();
        assertThat(channel.isFull()).isTrue();
        assertThat(channel.poll()).isEqualTo("a");
        channel.release(System.nanoTime());
        assertThat(channel.tryEmit("c", 0)).isTrue();
        assertThat(channel.poll()).isEqualTo("b");
        assertThat(channel.poll()).isEqualTo("c");
    }

    /** In virtual time. */
    @ParameterizedTest
    @CsvSource({"2,500,500", "4,250,250", "20,50,50", "500,4,4"})
    void holdsAboutTheTargetTimesWorkForASlowConsumer(int millisEach, int least, int most) {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer);
        long millis = 0;
        int held = 0;
        for (int i = 0; i < 20_000; i++) {
            while (channel.tryEmit("element", 0)) {
                held++;
            }
            assertThat(channel.poll()).isNotNull();
            held--;
            millis += millisEach;
            channel.release(TimeUnit.MILLISECONDS.toNanos(millis));
        }
        assertThat(held).isBetween(least - 1 - least / 10, most + most / 10);
    }

    @Test
    void letsAConsumerThatHasBecomeFasterHaveMoreAgain() {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer);
        long nanos = 0;
        int held = 0;
        for (int i = 0; i < 100_000; i++) {
            while (channel.tryEmit("element", 0)) {
                held++;
            }
            assertThat(channel.poll()).isNotNull();
            held--;
            nanos += TimeUnit.MICROSECONDS.toNanos(i < 5_000 ? 100_000 : 10);
            channel.release(nanos);
            if (i == 4_999) {
                assertThat(held).isLessThan(12);
            }
        }
        assertThat(held).isEqualTo(ElementRing.CAPACITY - ElementRing.CAPACITY / 16 - 1);
    }

    @Test
    void refusesACapacityThatIsNoPowerOfTwo() {
        assertThatThrownBy(() -> new ElementRing(3)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"1,1,20000", "2,2,50000", "2,1,20000", "64,2,300000", "1024,3,2000000"})
    @Timeout(60)
    void losesNoElementAndNoWakeupBetweenTwoThreads(int capacity, int seed, int count) throws Exception {
        LocalChannel channel = new LocalChannel(ID, SERDE, TARGET, producer, consumer, capacity);
        Integer[] values = new Integer[1000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        CompletableFuture<Void> producing = CompletableFuture.runAsync(() -> produce(channel, values, seed, count));
        SplittableRandom random = new SplittableRandom(~seed);
        int seen = 0;
        while (seen < count) {
            int batch = 1 + random.nextInt(300);
            int polled = 0;
            while (polled < batch) {
                Object value = channel.poll();
                if (value == null) {
                    break;
                }
                if (value != values[seen % values.length] || channel.timestampMillis() != seen) {
                    throw new AssertionError("element " + seen + " is " + value + " at " + channel.timestampMillis());
                }
                seen++;
                polled++;
            }
            if (polled > 0) {
                channel.release(System.nanoTime());
            } else {
                awaitElement(channel);
            }
        }
        producing.get(20, TimeUnit.SECONDS);
        assertThat(channel.poll()).isNull();
    }

    private void awaitElement(LocalChannel channel) {
        consumer.prepare();
        if (channel.isEmpty()) {
            long before = System.nanoTime();
            consumer.await(LONG_WAIT_NANOS);
            assertThat(System.nanoTime() - before).as("a lost signal").isLessThan(LONG_WAIT_NANOS);
        } else {
            consumer.cancel();
        }
    }

    private void produce(LocalChannel channel, Integer[] values, int seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        int untilFlush = 1 + random.nextInt(300);
        for (int i = 0; i < count; i++) {
            while (!channel.tryEmit(values[i % values.length], i)) {
                channel.flush();
                producer.prepare();
                if (channel.isFull()) {
                    long before = System.nanoTime();
                    producer.await(LONG_WAIT_NANOS);
                    assertThat(System.nanoTime() - before).as("a lost signal").isLessThan(LONG_WAIT_NANOS);
                } else {
                    producer.cancel();
                }
            }
            if (--untilFlush == 0) {
                channel.flush();
                untilFlush = 1 + random.nextInt(300);
            }
        }
        channel.flush();
    }
}
