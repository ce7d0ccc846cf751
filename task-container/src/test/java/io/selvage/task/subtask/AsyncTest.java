package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.ResultFuture;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serdes;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elements that are under way while others ask and answer, wherever they are interrupted. */
class AsyncTest {
    /** The newest question of each element. */
    private static final Map<String, ResultFuture<String>> ASKED = new ConcurrentHashMap<>();

    private static final List<String> TIMED_OUT = new ArrayList<>();

    private record Asking() implements AsyncFunction<String, String> {
        @Override
        public void asyncInvoke(String element, ResultFuture<String> result) {
            ASKED.put(element, result);
        }

        @Override
        public void timeout(String element, ResultFuture<String> result) {
            TIMED_OUT.add(element);
            if (!element.startsWith("patient")) {
                result.complete(List.of("no answer to " + element));
            }
        }
    }

    private static final class AtOnce implements AsyncFunction<String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void asyncInvoke(String element, ResultFuture<String> result) {
            if (element.startsWith("late")) {
                ASKED.put(element, result);
            } else {
                result.complete(List.of(element, element));
            }
        }
    }

    @BeforeEach
    void forget() {
        ASKED.clear();
        TIMED_OUT.clear();
    }

    private static SubtaskHarness asking(Mode mode, boolean ordered, int capacity) {
        return new SubtaskHarness(
                mode, new OperatorDefinition.Async<>(new Asking(), Serdes.STRING, ordered, 1000, capacity));
    }

    private static void answer(SubtaskHarness harness, String element) {
        ResultFuture<String> result = ASKED.remove(element);
        assertThat(result).as("the question for %s", element).isNotNull();
        result.complete(List.of("answer to " + element));
        harness.step();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void answersKeepTheOrderOfTheElements(Mode mode) {
        SubtaskHarness harness =
                asking(mode, true, 10).element("a", 1).element("b", 2).element("c", 3);
        answer(harness, "c");
        answer(harness, "b");
        assertThat(harness.records()).isEmpty();
        answer(harness, "a");
        assertThat(harness.records())
                .containsExactly(new At("answer to a", 1), new At("answer to b", 2), new At("answer to c", 3));
    }

    @Test
    void answersComeAsTheyComeBetweenTwoWatermarks() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, false, 10)
                .element("a", 1)
                .element("b", 2)
                .watermark(2)
                .element("c", 3)
                .watermark(3);
        answer(harness, "c");
        answer(harness, "b");
        assertThat(harness.records()).containsExactly(new At("answer to b", 2));
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MIN_VALUE);
        answer(harness, "a");
        assertThat(harness.records())
                .containsExactly(new At("answer to b", 2), new At("answer to a", 1), new At("answer to c", 3));
        assertThat(harness.output.accepted.get(2).value()).hasToString("watermark 2");
        assertThat(harness.output.lastWatermark()).isEqualTo(3);
    }

    @Test
    void theStreamIsIdleOnceNothingIsUnderWay() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 10)
                .element("a", 1)
                .watermark(1)
                .idle(true)
                .idle(false)
                .element("b", 2)
                .watermark(2)
                .idle(true);
        assertThat(harness.output.accepted).isEmpty();
        answer(harness, "b");
        answer(harness, "a");
        assertThat(harness.output.accepted.stream().map(each -> each.value().toString()))
                .containsExactly("answer to a", "watermark 1", "answer to b", "watermark 2", "idle");
        harness.idle(false);
        assertThat(harness.output.accepted.get(5).value()).hasToString("active");
    }

    @Test
    void anElementWithoutEventTimeDoesNotEndTheIdlenessOfTheOthers() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 10).idle(true).element("a", 1);
        answer(harness, "a");
        assertThat(harness.output.accepted.stream().map(each -> each.value().toString()))
                .containsExactly("idle", "answer to a");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void whatIsUnderWayIsAskedForAgain(Mode mode) {
        SubtaskHarness harness = asking(mode, false, 10).element("a", 1).element("b", 2);
        answer(harness, "a");
        ResultFuture<String> before = ASKED.remove("b");
        harness.cut(false);
        harness.restore();
        harness.step();
        before.complete(List.of("an answer to the one that has ended"));
        harness.step();
        answer(harness, "b");
        assertThat(harness.records()).containsExactly(new At("answer to a", 1), new At("answer to b", 2));
    }

    @Test
    void noMoreAreUnderWayThanThereIsCapacityFor() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 2)
                .element("a", 1)
                .element("b", 2)
                .element("c", 3)
                .element("d", 4);
        assertThat(ASKED).containsOnlyKeys("a", "b");
        answer(harness, "b");
        assertThat(ASKED).containsOnlyKeys("a");
        answer(harness, "a");
        assertThat(ASKED).containsOnlyKeys("c", "d");
    }

    @Test
    void theEndOfInputWaitsForAnswers() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 2).element("a", 1).endOfInput();
        assertThat(harness.output.hasEnded()).isFalse();
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MIN_VALUE);
        answer(harness, "a");
        assertThat(harness.output.hasEnded()).isTrue();
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatIsNotAnsweredInTimeIsForTheFunctionToAnswer() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 10).element("a", 1).element("patient", 2);
        harness.passMillis(999);
        assertThat(TIMED_OUT).isEmpty();
        harness.passMillis(2).passMillis(2000);
        assertThat(TIMED_OUT).containsExactly("a", "patient");
        assertThat(harness.records()).containsExactly(new At("no answer to a", 1));
        answer(harness, "a"); // Comes too late.
        answer(harness, "patient");
        assertThat(harness.records()).containsExactly(new At("no answer to a", 1), new At("answer to patient", 2));
    }

    @Test
    void withoutAnAnswerToATimeOutTheSubtaskFails() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT, new OperatorDefinition.Async<>(new AtOnce(), Serdes.STRING, true, 1000, 10));
        harness.element("late", 7);
        assertThatThrownBy(() -> harness.passMillis(1001))
                .isInstanceOf(OperatorException.class)
                .hasMessageContaining("no answer in time");
    }

    @Test
    void aFailedAnswerNamesItsElement() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, false, 10).element("a", 7);
        ASKED.get("a").completeExceptionally(new IllegalStateException("no service"));
        assertThatThrownBy(harness::step)
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.position()).isEqualTo("element a, timestamp 7"))
                .hasMessageContaining("no service");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void anAnswerMayHaveSeveralElementsAndBeThereAtOnce(Mode mode) {
        SubtaskHarness harness =
                new SubtaskHarness(mode, new OperatorDefinition.Async<>(new AtOnce(), Serdes.STRING, true, 1000, 1));
        harness.element("a", 1).element("b", 2).watermark(2).endOfInput();
        assertThat(harness.records()).containsExactly(new At("a", 1), new At("a", 1), new At("b", 2), new At("b", 2));
    }

    @Test
    void whileTheJobIsStoppedAnswersWait() {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 10).element("a", 1);
        long savepoint = harness.cut(CutKind.STOP);
        answer(harness, "a");
        assertThat(harness.records()).isEmpty();
        harness.abort(savepoint);
        assertThat(harness.records()).containsExactly(new At("answer to a", 1));
    }

    @Test
    void theEndOfEventTimeThatASavepointMakesWaitsForAnswers() throws InterruptedException {
        SubtaskHarness harness = asking(Mode.STRAIGHT, true, 10).element("a", 1);
        Thread other = new Thread(() -> ASKED.remove("a").complete(List.of("answer to a")));
        other.start();
        harness.watermark(Long.MAX_VALUE).cut(CutKind.DRAIN);
        other.join();
        assertThat(harness.records()).containsExactly(new At("answer to a", 1));
        assertThat(harness.output.accepted.get(1).value()).hasToString("watermark " + Long.MAX_VALUE);
        assertThat(harness.output.barriers()).hasSize(1);
    }
}
