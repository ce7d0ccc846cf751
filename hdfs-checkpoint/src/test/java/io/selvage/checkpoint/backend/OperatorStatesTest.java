package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serdes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OperatorStatesTest {
    @Test
    void itemsStayWithTheirSubtaskWhileTheParallelismIsTheSame() {
        List<OperatorSegment> segments = written(List.of("a", "b"), List.of(), List.of("c"));
        assertThat(restored(segments, 3, 3, Redistribution.SPLIT))
                .containsExactly(List.of("a", "b"), List.of(), List.of("c"));
    }

    @Test
    void itemsAreDealtOutInTurnsToAnotherParallelism() {
        List<OperatorSegment> segments = written(List.of("a", "b"), List.of("c", "d", "e"));
        assertThat(restored(segments, 2, 3, Redistribution.SPLIT))
                .containsExactly(List.of("a", "d"), List.of("b", "e"), List.of("c"));
        assertThat(restored(segments, 2, 1, Redistribution.SPLIT)).containsExactly(List.of("a", "b", "c", "d", "e"));
    }

    @Test
    void everySubtaskGetsTheUnion() {
        List<OperatorSegment> segments = written(Redistribution.UNION, List.of("a"), List.of("b"));
        assertThat(restored(segments, 2, 2, Redistribution.UNION))
                .containsExactly(List.of("a", "b"), List.of("a", "b"));
        assertThat(restored(segments, 2, 3, Redistribution.UNION)).allMatch(List.of("a", "b")::equals);
    }

    @Test
    void segmentsMayComeInAnyOrder() {
        List<OperatorSegment> segments = new ArrayList<>(written(Redistribution.UNION, List.of("a"), List.of("b")));
        java.util.Collections.reverse(segments);
        assertThat(restored(segments, 2, 1, Redistribution.UNION)).containsExactly(List.of("a", "b"));
    }

    @Test
    void anotherFormatOrRedistributionIsRefused() {
        List<OperatorSegment> segments = written(List.of("a"));
        OperatorStates states = new OperatorStates("source", 0, 1, 1, segments);
        assertThatThrownBy(() -> states.list("splits", Serdes.LONG, Redistribution.SPLIT))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("\"splits\" of operator source was written as SPLIT string and is now declared as"
                        + " SPLIT i64");
        assertThatThrownBy(() -> states.list("splits", Serdes.STRING, Redistribution.UNION))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void aListThatIsNotDeclaredAnyMoreIsNamed() {
        OperatorStates states = new OperatorStates("source", 0, 1, 1, written(List.of("a")));
        states.list("other", Serdes.STRING, Redistribution.SPLIT);
        assertThat(states.opened()).containsExactly("splits");
        assertThat(states.isEmpty()).isTrue();
    }

    @Test
    void replacingByItsOwnItemsKeepsThem() {
        OperatorStates states = new OperatorStates("source", 0, 1, 1, List.of());
        OperatorList<String> list = states.list("splits", Serdes.STRING, Redistribution.SPLIT);
        list.add("a");
        list.replace(list.items());
        assertThat(list.items()).containsExactly("a");
    }

    @SafeVarargs
    private static List<OperatorSegment> written(List<String>... items) {
        return written(Redistribution.SPLIT, items);
    }

    @SafeVarargs
    private static List<OperatorSegment> written(Redistribution redistribution, List<String>... items) {
        List<OperatorSegment> segments = new ArrayList<>();
        for (int subtask = 0; subtask < items.length; subtask++) {
            OperatorStates states = new OperatorStates("source", subtask, items.length, 0, List.of());
            states.list("splits", Serdes.STRING, redistribution).replace(items[subtask]);
            states.opened();
            BinaryWriter out = new BinaryWriter();
            states.snapshot(out);
            segments.add(new OperatorSegment(subtask, out.toByteArray()));
        }
        return segments;
    }

    private static List<List<String>> restored(
            List<OperatorSegment> segments, int before, int now, Redistribution redistribution) {
        List<List<String>> all = new ArrayList<>();
        for (int subtask = 0; subtask < now; subtask++) {
            OperatorStates states = new OperatorStates("source", subtask, now, before, segments);
            all.add(states.list("splits", Serdes.STRING, redistribution).items());
        }
        return all;
    }
}
