package io.selvage.api.function;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import java.io.Serializable;

/**
 * Names a side output of a function and says what its elements are. The function gives elements to it with
 * {@code context.output(tag, element)}; {@code sideOutput(tag)} on the function's step is the stream of them. What
 * nobody reads is dropped.
 *
 * <pre>{@code
 * static final OutputTag<Reading> LATE = new OutputTag<>("late", Reading.class);
 * }</pre>
 *
 * @param name unique among the side outputs of a step
 */
public record OutputTag<T>(String name, Serde<T> serde) implements Serializable {
    private static final long serialVersionUID = 1L;

    public OutputTag {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("an output tag without a name; give it one that says what goes there");
        }
    }

    public OutputTag(String name, Class<T> type) {
        this(name, Types.of(type, "the side output " + name));
    }
}
