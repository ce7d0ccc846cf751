package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.Activity;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.exchange.Watermark;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputGateTest {
    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(String.class);

    private static final long BUDGET_NANOS = 1000;

    private final List<LocalChannel> channels = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private int input = -1;
    private final InputGate.Receiver receiver = new InputGate.Receiver() {
        @Override
        public void onInput(int ordinal) {
            input = ordinal;
        }

        @Override
        public void onRecord(Object value, long timestampMillis) {
            seen.add(input == 0 ? value.toString() : value + " of input " + input);
        }

        @Override
        public void onWatermark(long millis) {
            seen.add("watermark " + (millis == Long.MAX_VALUE ? "max" : millis));
        }

        @Override
        public void onIdle(boolean isIdle) {
            seen.add(isIdle ? "idle" : "active");
        }

        @Override
        public void onBarrier(Barrier barrier, long alignmentNanos) {
            seen.add(barrier.toString());
        }

        @Override
        public void onOvertaken(Barrier barrier, long alignmentNanos) {
            seen.add("overtaken by " + barrier);
        }
    };

    private InputGate gate(int count) {
        return gate(count, CheckpointMode.EXACTLY_ONCE);
    }

    private InputGate gate(int count, CheckpointMode mode) {
        for (int i = 0; i < count; i++) {
            channels.add(new LocalChannel(
                    new ChannelId(new JobId("job-1"), new Incarnation(1), 0, i, 0),
                    SERDE,
                    Duration.ofSeconds(1),
                    new Wakeup(),
                    new Wakeup()));
        }
        return new InputGate(channels.stream().map(SubtaskInput::of).toList(), new Alignment(mode, BUDGET_NANOS));
    }

    /** Of channels by the input that they belong to, and whether they are without event time. */
    private InputGate gate(SubtaskInput... inputs) {
        List<SubtaskInput> all = List.of(inputs);
        all.forEach(each -> channels.add((LocalChannel) each.channel()));
        return new InputGate(all, new Alignment(CheckpointMode.EXACTLY_ONCE, BUDGET_NANOS));
    }

    private static LocalChannel channel(int edge) {
        return new LocalChannel(
                new ChannelId(new JobId("job-1"), new Incarnation(1), edge, 0, 0),
                SERDE,
                Duration.ofSeconds(1),
                new Wakeup(),
                new Wakeup());
    }

    @Test
    void recordsAreGivenAsThoseOfTheirChannelsInput() {
        InputGate gate = gate(
                new SubtaskInput(channel(1), 0, false),
                new SubtaskInput(channel(2), 1, false),
                new SubtaskInput(channel(3), 1, false));
        channels.get(1).tryEmit("a", 1);
        channels.get(2).tryEmit("b", 1);
        drain(gate);
        channels.get(0).tryEmit("c", 1);
        drain(gate);
        channels.get(1).tryEmit("d", 1);
        drain(gate);
        assertThat(seen).containsExactly("a of input 1", "b of input 1", "c", "d of input 1");
    }

    @Test
    void everyOtherTurnIsThatOfTheChannelWhichEventTimeWaitsFor() {
        InputGate gate = gate(3);
        for (int i = 0; i < 3; i++) {
            channels.get(i).tryEmit(new Watermark(i == 1 ? 10 : 20));
        }
        drain(gate);
        seen.clear();
        for (int i = 0; i < 100; i++) {
            emitToAll("abc");
        }

        for (int turn = 0; turn < 60; turn++) {
            assertThat(gate.poll(receiver, 1, 0)).isEqualTo(1);
        }

        assertThat(seen.stream().filter("b"::equals))
                .as("every other, and its own third")
                .hasSize(30 + 10);
        assertThat(seen.stream().filter("a"::equals)).hasSize(10);
        assertThat(seen.stream().filter("c"::equals)).hasSize(10);
    }

    @Test
    void noTurnIsLostToTheChannelWhichEventTimeWaitsForIfItHasNothingOrIsBlocked() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(new Watermark(20));
        channels.get(1).tryEmit(new Watermark(10));
        drain(gate);
        seen.clear();
        channels.get(0).tryEmit("a", 0);
        channels.get(0).tryEmit("a", 0);
        assertThat(gate.poll(receiver, 1, 0) + gate.poll(receiver, 1, 0)).isEqualTo(2);

        channels.get(1).tryEmit(barrier(1));
        channels.get(1).tryEmit("after the barrier", 0);
        channels.get(0).tryEmit("before the barrier", 0);
        drain(gate);
        assertThat(seen).containsExactly("a", "a", "before the barrier");
    }

    /** As far as one has caught up, both take turns again. */
    @Test
    void channelsThatAreEquallyFarTakeTurns() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(new Watermark(20));
        channels.get(1).tryEmit(new Watermark(10));
        drain(gate);
        channels.get(1).tryEmit(new Watermark(20));
        drain(gate);
        seen.clear();
        for (int i = 0; i < 20; i++) {
            emitToAll("ab");
        }

        for (int turn = 0; turn < 20; turn++) {
            gate.poll(receiver, 1, 0);
        }

        assertThat(seen.stream().filter("a"::equals)).hasSize(10);
    }

    @Test
    void neitherWhatHasEndedNorWhatHasNoEventTimeIsAheadOfOthers() {
        InputGate gate = gate(
                new SubtaskInput(channel(1), 0, true),
                new SubtaskInput(channel(2), 0, false),
                new SubtaskInput(channel(3), 0, false),
                new SubtaskInput(channel(4), 0, false));
        channels.get(1).tryEmit(new Watermark(10));
        channels.get(2).tryEmit(new Watermark(10));
        channels.get(3).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        seen.clear();
        for (int i = 0; i < 30; i++) {
            emitToAll("abc");
        }

        for (int turn = 0; turn < 60; turn++) {
            assertThat(gate.poll(receiver, 1, 0)).isEqualTo(1);
        }

        for (String each : List.of("a", "b", "c")) {
            assertThat(seen.stream().filter(each::equals)).as(each).hasSize(20);
        }
    }

    /** Of the records before the next control element, each time in an array of its own. */
    @Test
    void whatIsLookedAtAheadIsTheReceivers() {
        InputGate gate = gate(1);
        List<Object[]> looked = new ArrayList<>();
        List<String> ahead = new ArrayList<>();
        InputGate.Receiver looking = new InputGate.Receiver() {
            @Override
            public void onInput(int ordinal) {}

            @Override
            public boolean looksAhead() {
                return true;
            }

            @Override
            public void onAhead(Object[] values, int count) {
                looked.add(values);
                ahead.add(List.of(Arrays.copyOf(values, count)).toString());
                Arrays.fill(values, "changed");
            }

            @Override
            public void onRecord(Object value, long timestampMillis) {
                ahead.add(value.toString());
            }

            @Override
            public void onWatermark(long millis) {
                ahead.add("watermark");
            }

            @Override
            public void onIdle(boolean isIdle) {}

            @Override
            public void onBarrier(Barrier barrier, long alignmentNanos) {}

            @Override
            public void onOvertaken(Barrier barrier, long alignmentNanos) {}
        };
        channels.get(0).tryEmit("a", 0);
        channels.get(0).tryEmit("b", 0);
        channels.get(0).tryEmit(new Watermark(1));
        channels.get(0).tryEmit("c", 0);
        while (gate.poll(looking, 100, 0) > 0) {
            // Goes on.
        }

        assertThat(ahead).containsExactly("[a, b]", "a", "b", "watermark", "[c]", "c");
        assertThat(looked.get(0)).isNotSameAs(looked.get(1));
    }

    /** Each channel one of these. */
    private void emitToAll(String letters) {
        for (int i = 0; i < letters.length(); i++) {
            channels.get(i).tryEmit(letters.substring(i, i + 1), 0);
        }
    }

    @Test
    void whatIsReplayedIsGivenAsOfItsInput() {
        InputGate gate = gate(new SubtaskInput(channel(1), 0, false), new SubtaskInput(channel(2), 1, false));
        gate.replay(List.of(replayed(2, "a", 1), replayed(1, "b", 0)));
        channels.get(1).tryEmit("c", 1);
        drain(gate);
        assertThat(seen).containsExactly("a of input 1", "b", "c of input 1");
    }

    /** Neither by whoever restores the first checkpoint, nor the next one, which still has a part of it under way. */
    @Test
    void eventTimeOfAnotherParallelismIsNotThatOfAChannel() {
        ElementLog log = new ElementLog(SERDE, 0);
        log.append("a", 7);
        log.append("b", 8);
        log.append(new Watermark(9), 0);
        ChannelState before = new ChannelState(1, 0, 5, log.toByteArray());
        InputGate rescaled = gate(new SubtaskInput(channel(1), 0, false));
        rescaled.replay(List.of(new RestoredChannel(before, SERDE, false, 0)));
        rescaled.poll(receiver, 1, 0);
        channels.get(0).tryAnnounce(barrier(1).overtaking());
        rescaled.look(0);
        rescaled.overtake(receiver, BUDGET_NANOS);
        List<ChannelState> underWay = Objects.requireNonNull(rescaled.takeCaptured(new CheckpointId(1)));

        channels.clear();
        InputGate restored = gate(new SubtaskInput(channel(1), 0, false));
        restored.replay(underWay.stream()
                .map(state -> new RestoredChannel(state, SERDE, true, 0))
                .toList());
        channels.get(0).tryEmit(new Watermark(6));
        drain(restored);
        assertThat(seen).containsExactly("a", "overtaken by " + barrier(1).overtaking(), "b", "watermark 6");
    }

    private static RestoredChannel replayed(int edge, String value, int ordinal) {
        ElementLog log = new ElementLog(SERDE, 0);
        log.append(value, 7);
        return new RestoredChannel(new ChannelState(edge, 0, 5, log.toByteArray()), SERDE, true, ordinal);
    }

    @Test
    void aStreamWithoutEventTimeHoldsNothingBackButTheEnd() {
        InputGate gate = gate(new SubtaskInput(channel(1), 0, false), new SubtaskInput(channel(2), 1, true));
        channels.get(0).tryEmit(new Watermark(5));
        drain(gate);
        channels.get(0).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        channels.get(1).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "watermark " + (Long.MAX_VALUE - 1), "watermark max");
    }

    @Test
    void streamsThatAllHaveNoEventTimeEndTogether() {
        InputGate gate = gate(new SubtaskInput(channel(1), 0, true), new SubtaskInput(channel(2), 1, true));
        channels.get(0).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(seen).isEmpty();
        channels.get(1).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(seen).containsExactly("watermark max");
    }

    private void drain(InputGate gate) {
        while (gate.poll(receiver, 7, 0) > 0) {
            continue;
        }
        assertThat(gate.isEmpty()).isTrue();
    }

    private static Barrier barrier(long checkpoint) {
        return new Barrier(new CheckpointId(checkpoint), 0, false);
    }

    @Test
    void eventTimeDoesNotWaitForAChannelThatIsIdle() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(new Watermark(5));
        channels.get(1).tryEmit(new Watermark(2));
        channels.get(1).tryEmit(Activity.IDLE);
        channels.get(0).tryEmit(new Watermark(9));
        drain(gate);
        assertThat(seen).endsWith("watermark 9").doesNotContain("idle");
    }

    @Test
    void aChannelThatIsActiveAgainHoldsEventTimeWhereItIsUntilItHasCaughtUp() {
        InputGate gate = gate(2);
        channels.get(1).tryEmit(Activity.IDLE);
        channels.get(0).tryEmit(new Watermark(9));
        drain(gate);
        channels.get(1).tryEmit(Activity.ACTIVE);
        channels.get(1).tryEmit(new Watermark(4));
        drain(gate);
        channels.get(0).tryEmit(new Watermark(12));
        drain(gate);
        assertThat(seen).containsExactly("watermark 9");
        channels.get(1).tryEmit(new Watermark(11));
        drain(gate);
        assertThat(seen).containsExactly("watermark 9", "watermark 11");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void onceAllAreIdleEventTimeIsWhereTheFirstOfThemIsWhoeverWasIdleFirst(int first) {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(new Watermark(5));
        channels.get(1).tryEmit(new Watermark(8));
        channels.get(first).tryEmit(Activity.IDLE);
        drain(gate);
        channels.get(1 - first).tryEmit(Activity.IDLE);
        drain(gate);
        assertThat(seen).endsWith("watermark 8", "idle").containsOnlyOnce("idle");
        channels.get(0).tryEmit(Activity.ACTIVE);
        channels.get(0).tryEmit("late", 6);
        drain(gate);
        assertThat(seen).endsWith("watermark 8", "idle", "active", "late");
    }

    @Test
    void anIdleChannelThatEndsIsNotWaitedForAndTheEndOfAllIsTheEndOfTime() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(Activity.IDLE);
        channels.get(1).tryEmit(new Watermark(3));
        channels.get(1).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(seen).as("only what is idle is left").containsExactly("watermark 3", "idle");
        channels.get(0).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(seen).containsExactly("watermark 3", "idle", "active", "watermark max");
        assertThat(gate.hasEnded()).isTrue();
    }

    @Test
    void aStreamWithoutEventTimeIsNotWhatIsLeftOnceTheOthersAreIdle() {
        InputGate gate = gate(new SubtaskInput(channel(1), 0, false), new SubtaskInput(channel(2), 1, true));
        channels.get(0).tryEmit(new Watermark(5));
        channels.get(0).tryEmit(Activity.IDLE);
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "idle");
        channels.get(0).tryEmit(Activity.of(false));
        channels.get(0).tryEmit(new Watermark(7));
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "idle", "active", "watermark 7");
    }

    @Test
    void theEndOfEventTimeOnOneChannelIsNotThatOfWhatIsIdle() {
        InputGate gate = gate(2);
        channels.get(1).tryEmit(new Watermark(5));
        channels.get(1).tryEmit(Activity.IDLE);
        channels.get(0).tryEmit(Watermark.MAX);
        drain(gate);
        channels.get(1).tryEmit(Activity.ACTIVE);
        channels.get(1).tryEmit("a", 6);
        drain(gate);
        assertThat(seen).doesNotContain("watermark max").endsWith("a");
    }

    /** Against a model that looks at all channels after each step. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void eventTimeIsThatOfTheActiveChannelsAndNeverGoesBack(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        InputGate gate = gate(3);
        long[] times = {Long.MIN_VALUE, Long.MIN_VALUE, Long.MIN_VALUE};
        boolean[] idle = new boolean[3];
        boolean[] ended = new boolean[3];
        long expected = Long.MIN_VALUE;
        for (int step = 0; step < 2_000; step++) {
            int index = random.nextInt(3);
            if (ended[index]) {
                continue;
            }
            if (random.nextInt(600) == 0) {
                if (idle[index]) {
                    idle[index] = false;
                    channels.get(index).tryEmit(Activity.ACTIVE);
                    drain(gate);
                    expected = Math.max(expected, modelled(times, idle, ended));
                }
                ended[index] = true;
                channels.get(index).tryEmit(Watermark.MAX); // As a chain that ends says it.
                drain(gate);
                channels.get(index).tryEmit(EndOfInput.INSTANCE);
            } else if (random.nextInt(5) == 0) {
                idle[index] = !idle[index];
                channels.get(index).tryEmit(Activity.of(idle[index]));
            } else if (!idle[index]) {
                times[index] = Math.max(0, times[index]) + random.nextInt(20);
                channels.get(index).tryEmit(new Watermark(times[index]));
            }
            drain(gate);
            expected = Math.max(expected, modelled(times, idle, ended));
            long now = seen.stream()
                    .filter(each -> each.startsWith("watermark "))
                    .map(each -> each.substring("watermark ".length()))
                    .mapToLong(each -> each.equals("max") ? Long.MAX_VALUE : Long.parseLong(each))
                    .reduce(Long.MIN_VALUE, (before, next) -> {
                        assertThat(next).as("it goes up").isGreaterThan(before);
                        return next;
                    });
            assertThat(now).as("at step %s", step).isEqualTo(expected);
        }
    }

    private static long modelled(long[] times, boolean[] idle, boolean[] ended) {
        List<Integer> left =
                IntStream.range(0, 3).filter(each -> !ended[each]).boxed().toList();
        if (left.isEmpty()) {
            return Long.MAX_VALUE;
        }
        List<Integer> active = left.stream().filter(each -> !idle[each]).toList();
        return active.isEmpty()
                ? left.stream().mapToLong(each -> times[each]).max().getAsLong()
                : active.stream().mapToLong(each -> times[each]).min().getAsLong();
    }

    @Test
    void readsNothingBehindABarrierBeforeAllChannelsHaveGivenTheirs() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit("a1", 0);
        channels.get(0).tryEmit(barrier(1));
        channels.get(0).tryEmit("a2", 0);
        channels.get(1).tryEmit("b1", 0);
        drain(gate);
        assertThat(seen).containsExactlyInAnyOrder("a1", "b1");
        channels.get(1).tryEmit(barrier(1));
        drain(gate);
        assertThat(seen.subList(2, 4)).containsExactly("barrier 1", "a2");
    }

    @Test
    void readsOnBehindABarrierWhereBarriersAreOnlyCounted() {
        InputGate gate = gate(2, CheckpointMode.AT_LEAST_ONCE);
        channels.get(0).tryEmit("a1", 0);
        channels.get(0).tryEmit(barrier(1));
        channels.get(0).tryEmit("a2", 0);
        channels.get(0).tryEmit(new Watermark(3));
        drain(gate);
        assertThat(seen).containsExactly("a1", "a2");
        channels.get(1).tryEmit("b1", 0);
        channels.get(1).tryEmit(barrier(1));
        channels.get(1).tryEmit("b2", 0);
        drain(gate);
        assertThat(seen).containsExactly("a1", "a2", "b1", "barrier 1", "b2");
    }

    /** A channel may be two checkpoints ahead of another: what it has given counts for the newer one alone. */
    @Test
    void countsTheBarriersOfANewerCheckpointAnewWhereTheyAreOnlyCounted() {
        InputGate gate = gate(2, CheckpointMode.AT_LEAST_ONCE);
        channels.get(0).tryEmit(barrier(1));
        channels.get(0).tryEmit(barrier(2));
        drain(gate);
        channels.get(1).tryEmit(barrier(1));
        drain(gate);
        assertThat(seen).isEmpty();
        channels.get(1).tryEmit(barrier(2));
        drain(gate);
        assertThat(seen).containsExactly("barrier 2");
    }

    @Test
    void goesOnWhenACheckpointIsAbortedAndDropsItsLateBarriers() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(barrier(1));
        channels.get(0).tryEmit("a", 0);
        drain(gate);
        assertThat(seen).isEmpty();
        gate.abort(new CheckpointId(1));
        drain(gate);
        assertThat(seen).containsExactly("a");
        channels.get(1).tryEmit(barrier(1));
        channels.get(1).tryEmit("b", 0);
        drain(gate);
        assertThat(seen).containsExactly("a", "b");
    }

    @Test
    void dropsTheBarriersOfACheckpointThatWasAbortedBeforeTheyCame() {
        InputGate gate = gate(1);
        gate.abort(new CheckpointId(3));
        channels.get(0).tryEmit(barrier(3));
        channels.get(0).tryEmit(barrier(4));
        drain(gate);
        assertThat(seen).containsExactly("barrier 4");
    }

    @Test
    void letsANewerBarrierEndTheAlignmentOfAnOlderOne() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(barrier(1));
        channels.get(0).tryEmit("a", 0);
        drain(gate);
        channels.get(1).tryEmit(barrier(2));
        channels.get(1).tryEmit("b", 0);
        drain(gate);
        assertThat(seen).containsExactly("a");
        channels.get(0).tryEmit(barrier(2));
        drain(gate);
        assertThat(seen).containsExactly("a", "barrier 2", "b");
    }

    @Test
    void takesTheLeastWatermarkOfAllChannels() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(new Watermark(10));
        drain(gate);
        assertThat(seen).isEmpty();
        channels.get(1).tryEmit(new Watermark(5));
        channels.get(1).tryEmit(new Watermark(20));
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "watermark 10");
    }

    @Test
    void alignsEndedChannelsTooAndLetsThemHoldBackNoWatermark() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit(EndOfInput.INSTANCE);
        channels.get(1).tryEmit(new Watermark(5));
        drain(gate);
        assertThat(seen).containsExactly("watermark 5");
        assertThat(gate.hasEnded()).isFalse();
        channels.get(1).tryEmit(EndOfInput.INSTANCE);
        drain(gate);
        assertThat(gate.hasEnded()).isTrue();
        channels.get(0).tryEmit(barrier(9));
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "watermark max");
        channels.get(1).tryEmit(barrier(9));
        drain(gate);
        assertThat(seen).containsExactly("watermark 5", "watermark max", "barrier 9");
    }

    @Test
    void hasEndedFromTheStartWithoutChannels() {
        assertThat(new InputGate(List.of(), new Alignment(CheckpointMode.EXACTLY_ONCE, BUDGET_NANOS)).hasEnded())
                .isTrue();
    }

    @Test
    void cutsAtTheFirstAnnouncedBarrierOnceTheBudgetIsSpent() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit("a1", 0);
        channels.get(0).tryAnnounce(barrier(1));
        channels.get(0).tryEmit("a2", 0);
        channels.get(1).tryEmit("b1", 0);
        gate.look(5);
        assertThat(gate.isDue(5 + BUDGET_NANOS - 1)).isFalse();
        assertThat(gate.isDue(5 + BUDGET_NANOS)).isTrue();
        gate.overtake(receiver, 5 + BUDGET_NANOS);
        assertThat(seen).containsExactly("overtaken by barrier 1");
        assertThat(gate.takeCaptured(new CheckpointId(1)))
                .as("before the other barrier")
                .isNull();
        drain(gate);
        channels.get(1).tryEmit("b2", 0);
        channels.get(1).tryAnnounce(barrier(1));
        channels.get(1).tryEmit("b3", 0);
        gate.look(0);
        List<ChannelState> captured = gate.takeCaptured(new CheckpointId(1));
        assertThat(captured).isNotNull();
        assertThat(captured.stream().map(state -> state.from() + ": " + elements(state.elements(), SERDE)))
                .containsExactly("0: [a1]", "1: [b1, b2]");
        drain(gate);
        assertThat(seen.subList(1, seen.size())).containsExactlyInAnyOrder("a1", "a2", "b1", "b2", "b3");
    }

    @Test
    void cutsAtOnceBehindASubtaskThatHasNotWaited() {
        InputGate gate = gate(2);
        channels.get(0).tryEmit("a1", 0);
        channels.get(0).tryAnnounce(barrier(1).overtaking());
        gate.look(0);
        assertThat(gate.isDue(0)).isTrue();
    }

    @Test
    void neverCutsASavepointBeforeItsBarriersHaveCome() {
        InputGate gate = gate(2);
        channels.get(0).tryAnnounce(new Barrier(new CheckpointId(1), 0, CutKind.SAVEPOINT, "/savepoints/s"));
        gate.look(0);
        assertThat(gate.dueNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void capturesNothingMoreForACheckpointThatIsAborted() {
        InputGate gate = gate(2);
        channels.get(0).tryAnnounce(barrier(1));
        gate.look(0);
        gate.overtake(receiver, BUDGET_NANOS);
        gate.abort(new CheckpointId(1));
        channels.get(1).tryAnnounce(barrier(1));
        gate.look(0);
        assertThat(gate.takeCaptured(new CheckpointId(1))).isNull();
        drain(gate);
        assertThat(seen).containsExactly("overtaken by barrier 1");
    }

    static List<Object> elements(byte[] log, Serde<Object> serde) {
        BinaryReader in = new BinaryReader(log);
        ElementDecoder decoder = ElementLog.open(in, serde);
        List<Object> elements = new ArrayList<>();
        while (in.remaining() > 0) {
            elements.add(decoder.read(in));
        }
        return elements;
    }

    /** Each record is the number of the checkpoint that it belongs to. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void cutsEveryChannelAtItsBarrierInAnyInterleaving(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = 1 + random.nextInt(5);
        InputGate gate = gate(count);
        long[] next = new long[count];
        Arrays.fill(next, 1);
        long[] cut = {0};
        InputGate.Receiver checking = new InputGate.Receiver() {
            @Override
            public void onInput(int ordinal) {}

            @Override
            public void onRecord(Object value, long timestampMillis) {
                if ((long) value != cut[0] + 1) {
                    throw new AssertionError(value + " after checkpoint " + cut[0]);
                }
            }

            @Override
            public void onWatermark(long millis) {}

            @Override
            public void onIdle(boolean isIdle) {
                seen.add(isIdle ? "idle" : "active");
            }

            @Override
            public void onBarrier(Barrier barrier, long alignmentNanos) {
                cut[0]++;
                assertThat(barrier.checkpoint().value()).isEqualTo(cut[0]);
            }

            @Override
            public void onOvertaken(Barrier barrier, long alignmentNanos) {
                throw new AssertionError(barrier + " was not announced");
            }
        };
        for (int step = 0; step < 5000; step++) {
            int channel = random.nextInt(count);
            if (random.nextInt(3) > 0) {
                if (random.nextInt(5) == 0) {
                    channels.get(channel).tryEmit(barrier(next[channel]++));
                } else if (!channels.get(channel).isFull()) {
                    channels.get(channel).tryEmit(next[channel], 0);
                }
            } else {
                gate.poll(checking, 1 + random.nextInt(10), 0);
            }
        }
        assertThat(cut[0]).isPositive();
    }
}
