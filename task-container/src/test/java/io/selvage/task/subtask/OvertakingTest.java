package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.exchange.Watermark;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A gate under any interleaving of elements, barriers, announcements, time, aborts and crashes: what the state at a cut
 * holds, what was captured, and what comes after the barriers is the input, each record once and in order.
 */
class OvertakingTest {
    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(Long.class);

    private static final int STEPS = 600;

    /** What a completed checkpoint holds: how far each sender was, what was processed, and what was under way. */
    private record Checkpoint(long id, Senders sent, List<List<Long>> processed, List<ChannelState> inFlight) {}

    /** By channel: records that were sent, and whether the input has ended. */
    private record Senders(int[] sent, boolean[] ended) {
        static Senders of(int count) {
            return new Senders(new int[count], new boolean[count]);
        }
    }

    /** One run; the senders' streams are the numbers from 0 on, each with its own event time. */
    private static final class Run implements InputGate.Receiver {
        final SplittableRandom random;
        final int count;
        final long budgetNanos;
        final boolean announces;
        List<LocalChannel> channels = new ArrayList<>();
        InputGate gate;
        int[] sent; // Records, by channel.
        boolean[] ended;
        long[] barrierSent; // The newest, by channel.
        List<List<Long>> processed;
        long watermark = Long.MIN_VALUE;
        long nowNanos;
        long triggered;
        long settled;

        @Nullable
        Checkpoint completed;

        final Map<Long, Senders> sentAt = new HashMap<>(); // By checkpoint: at each sender's barrier.

        @Nullable
        Checkpoint cut; // Not captured yet.

        int overtaken;
        int captured;
        int restored;

        Run(int seed) {
            random = new SplittableRandom(seed);
            count = 1 + random.nextInt(3);
            budgetNanos = random.nextInt(3) == 0 ? 0 : random.nextInt(100);
            announces = random.nextInt(8) > 0;
            sent = new int[count];
            ended = new boolean[count];
            barrierSent = new long[count];
            processed = lists(count);
            gate = newGate(List.of());
        }

        InputGate newGate(List<ChannelState> inFlight) {
            channels = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                channels.add(new LocalChannel(
                        new ChannelId(new JobId("job-1"), new Incarnation(1), 7, i, 0),
                        SERDE,
                        Duration.ofSeconds(1),
                        new Wakeup(),
                        new Wakeup()));
            }
            InputGate made = new InputGate(
                    channels.stream().map(SubtaskInput::of).toList(),
                    new Alignment(CheckpointMode.EXACTLY_ONCE, budgetNanos));
            made.replay(inFlight.stream()
                    .map(state -> new RestoredChannel(state, SERDE, true, 0))
                    .toList());
            return made;
        }

        void step() {
            nowNanos += random.nextInt(5);
            int channel = random.nextInt(count);
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> send(channel);
                case 3 -> {
                    if (!ended[channel]) {
                        channels.get(channel).tryEmit(new Watermark(sent[channel]));
                    }
                }
                case 4 -> triggerIfDone();
                case 5, 6 -> sendBarrier(channel);
                case 7 -> gate.look(nowNanos);
                case 8 -> {
                    if (gate.isDue(nowNanos)) {
                        gate.overtake(this, nowNanos);
                        take();
                    }
                }
                case 9, 10 -> {
                    gate.poll(this, 1 + random.nextInt(4), nowNanos);
                    take();
                }
                default -> {
                    int dice = random.nextInt(30);
                    if (dice == 0) {
                        abort();
                    } else if (dice == 1) {
                        crash();
                    } else if (dice == 2) {
                        end(channel);
                    }
                }
            }
        }

        /** A record is its sender's number and its place there. */
        void send(int channel) {
            if (!ended[channel] && channels.get(channel).tryEmit((long) channel << 32 | sent[channel], sent[channel])) {
                sent[channel]++;
            }
        }

        /** Barriers still follow. */
        void end(int channel) {
            ended[channel] = ended[channel] || channels.get(channel).tryEmit(EndOfInput.INSTANCE);
        }

        void triggerIfDone() {
            if (settled == triggered) {
                triggered++;
                sentAt.put(triggered, Senders.of(count));
            }
        }

        void sendBarrier(int channel) {
            if (barrierSent[channel] == triggered || settled == triggered) {
                return;
            }
            Barrier barrier = new Barrier(new CheckpointId(triggered), 0, false);
            boolean accepted = announces
                    ? channels.get(channel).tryAnnounce(random.nextInt(10) == 0 ? barrier.overtaking() : barrier)
                    : channels.get(channel).tryEmit(barrier);
            if (accepted) {
                barrierSent[channel] = triggered;
                Senders at = sentAt.getOrDefault(triggered, Senders.of(count));
                at.sent()[channel] = sent[channel];
                at.ended()[channel] = ended[channel];
            }
        }

        void abort() {
            if (triggered > 0) {
                gate.abort(new CheckpointId(triggered));
            }
            settled = triggered;
            cut = null;
        }

        /** From the newest completed checkpoint: senders go back, channels are new. */
        void crash() {
            restored++;
            settled = triggered; // Numbers are not used again.
            cut = null;
            Checkpoint from = completed;
            sent = from == null ? new int[count] : from.sent().sent().clone();
            ended = new boolean[count];
            barrierSent = new long[count];
            Arrays.fill(barrierSent, triggered);
            processed = lists(count);
            if (from != null) {
                for (int i = 0; i < count; i++) {
                    processed.get(i).addAll(from.processed().get(i));
                }
            }
            watermark = Long.MIN_VALUE;
            gate = newGate(from == null ? List.of() : from.inFlight());
            abort();
            for (int i = 0; i < count; i++) {
                if (from != null && from.sent().ended()[i]) {
                    end(i); // It has nothing else to say.
                }
            }
        }

        @Override
        public void onInput(int ordinal) {}

        @Override
        public void onRecord(Object value, long timestampMillis) {
            long record = (long) value;
            int channel = (int) (record >>> 32);
            assertThat(timestampMillis).isEqualTo(record & 0xFFFF_FFFFL);
            assertThat(timestampMillis).as("late").isGreaterThanOrEqualTo(watermark);
            assertThat((int) timestampMillis).isEqualTo(processed.get(channel).size());
            processed.get(channel).add(record);
        }

        @Override
        public void onWatermark(long millis) {
            assertThat(millis).isGreaterThan(watermark);
            watermark = millis;
        }

        @Override
        public void onIdle(boolean isIdle) {
            throw new AssertionError("nobody is idle, and yet: " + isIdle);
        }

        @Override
        public void onBarrier(Barrier barrier, long alignmentNanos) {
            cut = newCut(barrier);
            int[] at = sentAt.getOrDefault(barrier.checkpoint().value(), Senders.of(count))
                    .sent();
            for (int i = 0; i < count; i++) {
                assertThat(processed.get(i)).hasSize(at[i]);
            }
            complete(List.of());
        }

        @Override
        public void onOvertaken(Barrier barrier, long alignmentNanos) {
            assertThat(barrier.overtakes()).isTrue();
            overtaken++;
            cut = newCut(barrier);
        }

        private Checkpoint newCut(Barrier barrier) {
            List<List<Long>> copy = lists(count);
            for (int i = 0; i < count; i++) {
                copy.get(i).addAll(processed.get(i));
            }
            return new Checkpoint(barrier.checkpoint().value(), Senders.of(0), copy, List.of());
        }

        void take() {
            Checkpoint pending = cut;
            List<ChannelState> states = pending == null ? null : gate.takeCaptured(new CheckpointId(pending.id()));
            if (states != null) {
                captured++;
                complete(states);
            }
        }

        void complete(List<ChannelState> states) {
            Checkpoint pending = cut;
            if (pending != null && pending.id() > settled) {
                settled = pending.id();
                completed = new Checkpoint(
                        pending.id(),
                        sentAt.getOrDefault(pending.id(), Senders.of(count)),
                        pending.processed(),
                        List.copyOf(states));
            }
            cut = null;
        }

        void drain() {
            for (int i = 0; i < count; i++) {
                while (!ended[i]) {
                    end(i);
                    gate.poll(this, 100, nowNanos);
                }
            }
            abort();
            while (!gate.hasEnded()) {
                assertThat(gate.poll(this, 100, nowNanos)).isPositive();
            }
            for (int i = 0; i < count; i++) {
                assertThat(processed.get(i)).hasSize(sent[i]); // And each was checked to be the next.
            }
        }

        private static List<List<Long>> lists(int count) {
            List<List<Long>> lists = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                lists.add(new ArrayList<>());
            }
            return lists;
        }
    }

    @ParameterizedTest
    @CsvSource({"1,500", "10001,500", "20001,500", "30001,500"})
    void stateAndWhatWasUnderWayAndWhatComesAfterAreTheInput(int first, int runs) {
        int overtaken = 0;
        int captured = 0;
        int restored = 0;
        for (int seed = first; seed < first + runs; seed++) {
            Run run = new Run(seed);
            try {
                for (int step = 0; step < STEPS; step++) {
                    run.step();
                }
                run.drain();
            } catch (AssertionError | RuntimeException failed) {
                throw new AssertionError("seed " + seed, failed);
            }
            overtaken += run.overtaken;
            captured += run.captured;
            restored += run.restored;
        }
        assertThat(overtaken).isGreaterThan(runs);
        assertThat(captured).isGreaterThan(runs / 2);
        assertThat(restored).isGreaterThan(runs / 4);
    }
}
