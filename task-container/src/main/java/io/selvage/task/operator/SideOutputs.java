package io.selvage.task.operator;

import io.selvage.api.function.OutputTag;
import io.selvage.protocol.wire.FailureKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives elements of an operator to whoever reads the side output of their tag; owned by the subtask's thread. */
final class SideOutputs {
    /** Tags that are remembered; a function that makes a new one for each element has those looked up. */
    private static final int MOST_KNOWN = 16;

    private record Known(OutputTag<?> tag, @Nullable SideOutput output) {}

    private final OperatorContext context;
    private final Output output;
    private final List<Known> known = new ArrayList<>(); // A function gives the same tags each time.

    /** @param output where the operator's elements go */
    SideOutputs(OperatorContext context, Output output) {
        this.context = context;
        this.output = output;
    }

    void emit(OutputTag<?> tag, Object element, long timestampMillis) {
        SideOutput to = find(tag);
        if (to != null) {
            to.emit(element, timestampMillis);
        }
    }

    private @Nullable SideOutput find(OutputTag<?> tag) {
        for (int i = 0; i < known.size(); i++) {
            Known each = known.get(i);
            if (each.tag() == tag) {
                return each.output();
            }
        }
        SideOutput found = output.side(tag.name());
        if (found != null && !found.schema().equals(tag.serde().schema())) {
            IllegalStateException reason = new IllegalStateException("an OutputTag of another type");
            throw context.failure(
                    FailureKind.USER_CODE,
                    context.describe() + " gives " + tag.serde().schema() + " to the side output " + tag.name()
                            + ", which is read as " + found.schema() + ". Use the same OutputTag for both.",
                    reason);
        }
        if (known.size() < MOST_KNOWN) {
            known.add(new Known(tag, found));
        }
        return found;
    }
}
