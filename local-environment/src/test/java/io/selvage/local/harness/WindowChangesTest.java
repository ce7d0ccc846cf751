package io.selvage.local.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.window.ContinuousTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows that were open when the program's lateness or trigger changed. */
class WindowChangesTest {
    private static final WindowAssigner TUMBLING = TumblingWindows.of(Duration.ofMillis(10));

    private static WindowAssigner named(String windows) {
        return switch (windows) {
            case "tumbling" -> TUMBLING;
            case "sliding" -> SlidingWindows.of(Duration.ofMillis(10), Duration.ofMillis(5));
            case "session" -> SessionWindows.withGap(Duration.ofMillis(6));
            default -> throw new IllegalArgumentException(windows);
        };
    }

    private static Function<DataStream<String>, DataStream<String>> program(
            WindowAssigner windows, @Nullable Trigger<Object> trigger, long latenessMillis) {
        return input -> {
            var windowed = input.keyBy(element -> element.substring(0, 1)).window(windows);
            if (trigger != null) {
                windowed = windowed.trigger(trigger);
            }
            if (latenessMillis > 0) {
                windowed = windowed.allowedLateness(Duration.ofMillis(latenessMillis));
            }
            return windowed.reduce((one, other) -> one + other.substring(1)).uid("windows");
        };
    }

    private static OperatorHarness<String, String> open(
            Function<DataStream<String>, DataStream<String>> program, @Nullable Snapshot from) {
        OperatorHarness.Builder<String, String> builder = OperatorHarness.of(String.class, program);
        return (from == null ? builder : builder.from(from)).open();
    }

    private static int bytes(OperatorHarness<?, ?> harness) {
        return Objects.requireNonNull(harness.snapshot().parts.get(0).keyed()).length;
    }

    /** The element at 4 is in a window that ends at 9, of each kind, and in none that ends later. */
    @ParameterizedTest
    @CsvSource({
        // windows, whether there is a trigger, lateness before and after
        "tumbling,false,0,8",
        "tumbling,false,3,8",
        "tumbling,false,8,3",
        "tumbling,false,8,0",
        "tumbling,true,0,8",
        "tumbling,true,3,8",
        "tumbling,true,8,3",
        "tumbling,true,8,0",
        "session,false,0,8",
        "session,false,3,8",
        "session,false,8,3",
        "session,true,0,8",
        "session,true,3,8",
        "session,true,8,3",
        "session,true,8,0"
    })
    void openWindowsGoOnWithTheLatenessOfTheProgram(
            String windows, boolean isTriggered, long before, long latenessMillis) {
        Trigger<Object> trigger = isTriggered ? TimeTrigger.create() : null;
        Function<DataStream<String>, DataStream<String>> program = program(named(windows), trigger, latenessMillis);
        int[] left = new int[2];
        for (int elements = 0; elements < 2; elements++) {
            Snapshot snapshot;
            try (OperatorHarness<String, String> harness = open(program(named(windows), trigger, before), null)) {
                snapshot = (elements == 0 ? harness : harness.element("a1", 4)).snapshot();
            }
            try (OperatorHarness<String, String> harness = open(program, snapshot)) {
                if (elements == 1) {
                    assertThat(harness.watermark(9).take()).containsExactly("a1");
                    assertThat(harness.watermark(9 + latenessMillis - 1)
                                    .element("a2", 4)
                                    .take())
                            .as("while it is allowed to be late")
                            .isEqualTo(latenessMillis > 0 ? List.of("a12") : List.of());
                    harness.watermark(9 + latenessMillis).element("a3", 3);
                    assertThat(harness.take()).as("later than that").isEmpty();
                }
                left[elements] = bytes(harness.watermark(9 + 8));
            }
        }
        assertThat(left[1]).as("nothing is left of it").isEqualTo(left[0]);
    }

    @ParameterizedTest
    @CsvSource({"0,8", "3,8", "8,3", "8,0"})
    void openPanesGoOnWithTheLatenessOfTheProgram(long before, long latenessMillis) {
        int[] left = new int[2];
        for (int elements = 0; elements < 2; elements++) {
            Snapshot snapshot;
            try (OperatorHarness<String, String> harness = open(program(named("sliding"), null, before), null)) {
                snapshot = (elements == 0 ? harness : harness.element("a1", 4)).snapshot();
            }
            try (OperatorHarness<String, String> harness =
                    open(program(named("sliding"), null, latenessMillis), snapshot)) {
                harness.watermark(9);
                assertThat(harness.take()).hasSize(2 * elements).allMatch("a1"::equals);
                if (elements == 1 && latenessMillis > 0) {
                    assertThat(harness.watermark(9 + latenessMillis - 1)
                                    .element("a2", 4)
                                    .take())
                            .contains("a12");
                }
                left[elements] = bytes(harness.watermark(9 + 8));
            }
        }
        assertThat(left[1]).as("nothing is left of it").isEqualTo(left[0]);
    }

    @Test
    void windowsThatHaveLostTheirTriggerKeepWhatTheyHaveToTheirEnd() {
        for (boolean isProcessingTime : new boolean[] {false, true}) {
            TumblingWindows ofEventTime = TumblingWindows.of(Duration.ofMillis(100));
            TumblingWindows windows = isProcessingTime ? ofEventTime.inProcessingTime() : ofEventTime;
            Duration often = Duration.ofMillis(10);
            Trigger<Object> early = isProcessingTime
                    ? ContinuousTrigger.everyProcessingTime(often)
                    : ContinuousTrigger.everyEventTime(often);
            Snapshot left;
            try (OperatorHarness<String, String> harness = open(program(windows, early, 0), null)) {
                left = harness.element("a1", 1).snapshot();
                pass(harness, isProcessingTime, 10);
                assertThat(harness.take()).as("early").containsExactly("a1");
            }
            try (OperatorHarness<String, String> harness = open(program(windows, null, 0), left)) {
                pass(harness, isProcessingTime, 10);
                assertThat(harness.take()).isEmpty();
                harness.element("a2", 20);
                pass(harness, isProcessingTime, 100);
                assertThat(harness.take()).containsExactly("a12");
            }
        }
    }

    private static void pass(OperatorHarness<?, ?> harness, boolean isProcessingTime, long millis) {
        if (isProcessingTime) {
            harness.passTime(Duration.ofMillis(millis));
        } else {
            harness.watermark(millis);
        }
    }

    @Test
    void windowsThatShareOnePaneHaveOneTimerForItsEnd() {
        WindowAssigner many = SlidingWindows.of(Duration.ofMillis(40), Duration.ofMillis(10));
        try (OperatorHarness<String, String> harness = open(program(many, null, 100), null)) {
            int before = bytes(harness.element("a1", 1));
            harness.watermark(50);
            assertThat(harness.take()).containsExactly("a1", "a1", "a1", "a1");
            assertThat(bytes(harness))
                    .as("it had one more, of the next window to fire")
                    .isLessThan(before);
            int least = bytes(harness.watermark(139));
            assertThat(least).isLessThan(before);
        }
    }

    @Test
    void sessionsThatWouldGetATriggerAreNotRestored() {
        WindowAssigner sessions = named("session");
        Snapshot left;
        try (OperatorHarness<String, String> harness = open(program(sessions, null, 0), null)) {
            left = harness.element("a1", 1).snapshot();
        }
        assertThatThrownBy(() -> open(program(sessions, TimeTrigger.create(), 0), left))
                .hasMessageContainingAll(
                        "written for sessions by event time,", "sessions by event time, with a trigger", "another uid");
    }
}
