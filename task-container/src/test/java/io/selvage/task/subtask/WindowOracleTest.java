package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import io.selvage.task.operator.Counters;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random elements - out of order, late, several at a time - and watermarks, some of which go back, between random cuts,
 * restores and failures, against an oracle that keeps everything in lists. More with {@code -Dselvage.test.seeds=1000}.
 */
class WindowOracleTest {
    private static final int INPUTS = 120;
    private static final String[] KEYS = {"a", "b", "c"};
    private static final OutputTag<String> LATE = new OutputTag<>(SubtaskHarness.SIDE, String.class);

    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("selvage.test.seeds", 150));
    }

    /** Numbers, joined in their order, so that nothing depends on the order in which they come. */
    static final class Collecting implements AggregateFunction<String, List<String>, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<String> create() {
            return new ArrayList<>();
        }

        @Override
        public List<String> add(List<String> accumulator, String element) {
            accumulator.add(element.substring(1));
            return accumulator;
        }

        @Override
        public String result(List<String> accumulator) {
            return WindowOracleTest.joined(accumulator);
        }

        @Override
        public List<String> merge(List<String> accumulator, List<String> other) {
            accumulator.addAll(other);
            return accumulator;
        }
    }

    private static String joined(List<String> numbers) {
        return String.join(",", numbers.stream().sorted().toList());
    }

    /** What the program does, without anything that fails. */
    private abstract static class Oracle {
        final List<String> given = new ArrayList<>();
        final List<String> late = new ArrayList<>();
        long watermark = Long.MIN_VALUE;

        abstract void element(String element, long at);

        abstract void advance(long before);

        final void watermark(long millis) {
            if (millis > watermark) {
                long before = watermark;
                watermark = millis;
                advance(before);
            }
        }
    }

    private static final class Contents {
        long start;
        long end;
        final List<String> elements = new ArrayList<>();

        Contents(long start, long end) {
            this.start = start;
            this.end = end;
        }
    }

    /** Windows of an oracle, in lists. */
    private static final class WindowOracle extends Oracle {
        private final WindowAssigner windows;
        private final long lateness;
        private final TreeMap<String, List<Contents>> open = new TreeMap<>();

        WindowOracle(WindowAssigner windows, long lateness) {
            this.windows = windows;
            this.lateness = lateness;
        }

        @Override
        void element(String element, long at) {
            String key = element.substring(0, 1);
            List<Contents> all = open.computeIfAbsent(key, any -> new ArrayList<>());
            if (windows instanceof SessionWindows session) {
                toSession(key, all, element, at, session.gapMillis());
                return;
            }
            long size = windows instanceof SlidingWindows sliding
                    ? sliding.sizeMillis()
                    : ((TumblingWindows) windows).sizeMillis();
            long slide = windows instanceof SlidingWindows sliding ? sliding.slideMillis() : size;
            boolean isAdded = false;
            boolean isLate = false;
            for (long start = at - Math.floorMod(at, slide); start > at - size; start -= slide) {
                if (start + size - 1 + lateness <= watermark) {
                    isLate = true;
                    continue;
                }
                long from = start;
                Contents contents = all.stream()
                        .filter(each -> each.start == from)
                        .findFirst()
                        .orElseGet(() -> {
                            Contents fresh = new Contents(from, from + size);
                            all.add(fresh);
                            return fresh;
                        });
                add(key, contents, element);
                isAdded = true;
            }
            if (isLate && !isAdded) {
                late.add(element);
            }
        }

        private void toSession(String key, List<Contents> all, String element, long at, long gap) {
            List<Contents> touched = all.stream()
                    .filter(each -> each.start <= at + gap && at <= each.end)
                    .toList();
            if (touched.isEmpty() && at + gap - 1 + lateness <= watermark) {
                late.add(element);
                return;
            }
            Contents joined = new Contents(at, at + gap);
            for (Contents each : touched) {
                joined.start = Math.min(joined.start, each.start);
                joined.end = Math.max(joined.end, each.end);
                joined.elements.addAll(each.elements);
            }
            all.removeAll(touched);
            all.add(joined);
            add(key, joined, element);
        }

        private void add(String key, Contents to, String element) {
            to.elements.add(element.substring(1));
            if (to.end - 1 <= watermark) {
                give(key, to);
            }
        }

        private void give(String key, Contents contents) {
            given.add(key + "[" + contents.start + "," + contents.end + ")=" + joined(contents.elements));
        }

        @Override
        void advance(long before) {
            open.forEach((key, all) -> {
                for (Contents each : all) {
                    if (each.end - 1 > before && each.end - 1 <= watermark) {
                        give(key, each);
                    }
                }
                all.removeIf(each -> each.end - 1 + lateness <= watermark);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void windowsGiveWhatTheOracleGives(int seed) {
        Random random = new Random(seed);
        WindowAssigner windows = switch (seed % 3) {
            case 0 -> TumblingWindows.of(Duration.ofMillis(1 + random.nextInt(20)));
            case 1 ->
                SlidingWindows.of(Duration.ofMillis(1 + random.nextInt(30)), Duration.ofMillis(1 + random.nextInt(15)));
            default -> SessionWindows.withGap(Duration.ofMillis(1 + random.nextInt(8)));
        };
        long lateness = random.nextBoolean() ? 0 : random.nextInt(20);
        boolean isTriggered = random.nextInt(3) == 0;
        OperatorDefinition definition =
                new OperatorDefinition.WindowAggregate<String, String, List<String>, String, String>(
                        element -> element.substring(0, 1),
                        Serdes.STRING,
                        windows,
                        new Collecting(),
                        Serdes.list(Serdes.STRING),
                        new WindowResult.Applied<>((key, window, all) ->
                                key + "[" + window.startMillis() + "," + window.endMillis() + ")=" + all),
                        isTriggered ? TimeTrigger.create() : null,
                        lateness,
                        LATE);
        String described = "seed " + seed + ": " + windows + ", lateness " + lateness + ", triggered " + isTriggered;
        run(random, definition, new WindowOracle(windows, lateness), false, described);
    }

    // ---- joins ---------------------------------------------------------------------------------------------------

    /** Pairs with their timestamps. */
    static final class Pairing extends ProcessJoinFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String left, String right, Context context, Collector<String> out) {
            out.collect(left + context.leftTimestampMillis() + "+" + right + context.rightTimestampMillis());
        }
    }

    private static final class JoinOracle extends Oracle {
        private record Element(String element, long at, boolean isRight) {}

        private final long lower;
        private final long upper;
        private final List<Element> all = new ArrayList<>();

        JoinOracle(long lower, long upper) {
            this.lower = lower;
            this.upper = upper;
        }

        /** Those of the right stream have a letter more. */
        @Override
        void element(String element, long at) {
            if (at <= watermark) {
                late.add(element);
                return;
            }
            Element added = new Element(element, at, element.charAt(1) == 'r');
            for (Element other : all) {
                if (other.isRight == added.isRight || other.element.charAt(0) != element.charAt(0)) {
                    continue;
                }
                Element left = added.isRight ? other : added;
                Element right = added.isRight ? added : other;
                if (right.at - left.at >= lower && right.at - left.at <= upper) {
                    given.add(left.element + left.at + "+" + right.element + right.at);
                }
            }
            all.add(added);
        }

        @Override
        void advance(long before) {}
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void intervalJoinsGiveWhatTheOracleGives(int seed) {
        Random random = new Random(seed);
        long lower = random.nextInt(25) - 15;
        long upper = lower + random.nextInt(12);
        OperatorDefinition definition = new OperatorDefinition.IntervalJoin<String, String, String, String>(
                element -> element.substring(0, 1),
                element -> element.substring(0, 1),
                Serdes.STRING,
                Serdes.STRING,
                Serdes.STRING,
                lower,
                upper,
                new Pairing(),
                LATE,
                LATE);
        String described = "seed " + seed + ": from " + lower + " to " + upper;
        run(random, definition, new JoinOracle(lower, upper), true, described);
    }

    /** So many that the state of a key is in parts. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void aKeyOfManyElementsIsJoinedAsAnyOther(Mode mode) {
        JoinOracle oracle = new JoinOracle(-100, 3_000);
        SubtaskHarness harness = new SubtaskHarness(
                mode,
                new OperatorDefinition.IntervalJoin<String, String, String, String>(
                        element -> element.substring(0, 1),
                        element -> element.substring(0, 1),
                        Serdes.STRING,
                        Serdes.STRING,
                        Serdes.STRING,
                        -100,
                        3_000,
                        new Pairing(),
                        LATE,
                        LATE));
        for (int i = 0; i < 700; i++) {
            long at = 6L * i;
            oracle.element("a" + i, at);
            harness.element("a" + i, at);
            if (i % 40 == 0) {
                oracle.element("ar" + i, at);
                harness.elementOfSecond("ar" + i, at);
            }
        }
        oracle.watermark(3_500); // A stretch of the right side goes.
        harness.watermark(3_500);
        oracle.element("ar", 4_000);
        harness.elementOfSecond("ar", 4_000);
        oracle.watermark(Long.MAX_VALUE);
        harness.endOfInput();
        assertThat(values(harness.records())).isEqualTo(sorted(oracle.given));
        assertThat(oracle.given).hasSizeGreaterThan(700);
    }

    // ---- both ----------------------------------------------------------------------------------------------------

    private static void run(
            Random random, OperatorDefinition definition, Oracle oracle, boolean isJoin, String described) {
        Mode mode = random.nextBoolean() ? Mode.STRAIGHT : Mode.REFUSED_AT_EVERY_OUTPUT;
        SubtaskHarness harness =
                new SubtaskHarness(random.nextInt(4) == 0 ? Mode.RESTORED_AFTER_EVERY_INPUT : mode, definition);
        long now = 0;
        for (int i = 0; i < INPUTS; i++) {
            now += random.nextInt(4);
            int dice = random.nextInt(10);
            if (dice < 6) {
                boolean isRight = isJoin && random.nextBoolean();
                String element = KEYS[random.nextInt(KEYS.length)] + (isRight ? "r" : "") + (100 + random.nextInt(50));
                long at = now - random.nextInt(random.nextInt(5) == 0 ? 50 : 12);
                int times = random.nextInt(10) == 0 ? 2 : 1;
                for (int each = 0; each < times; each++) {
                    oracle.element(element, at);
                    if (isRight) {
                        harness.elementOfSecond(element, at);
                    } else {
                        harness.element(element, at);
                    }
                }
            } else if (dice < 8) {
                long watermark = now - random.nextInt(15);
                oracle.watermark(watermark);
                harness.watermark(watermark);
            } else {
                harness.complete(harness.cut(false), false);
                if (dice == 9) {
                    harness.restore();
                    harness.step();
                }
            }
        }
        oracle.watermark(Long.MAX_VALUE);
        harness.endOfInput();
        assertThat(values(harness.records())).as(described).isEqualTo(sorted(oracle.given));
        assertThat(values(harness.sideRecords())).as("late, " + described).isEqualTo(sorted(oracle.late));
        assertThat(harness.count(Counters.Figure.RECORDS_LATE)).as(described).isEqualTo(oracle.late.size());
        assertThat(harness.records().stream().map(At::timestampMillis).toList())
                .as("timestamps, " + described)
                .doesNotContain(Long.MIN_VALUE);
    }

    private static List<String> values(List<At> records) {
        return records.stream()
                .map(record -> String.valueOf(record.value()))
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    private static List<String> sorted(List<String> values) {
        return values.stream().sorted().toList();
    }
}
