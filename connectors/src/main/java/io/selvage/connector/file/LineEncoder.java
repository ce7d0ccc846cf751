package io.selvage.connector.file;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How elements become lines.
 *
 * @param <T> elements
 */
public interface LineEncoder<T> extends Serializable {
    /** Appends the element's line, without its end; a line break within would make two lines of it. */
    void encode(T element, StringBuilder line);

    /** The first line of every file; null: none. */
    default @Nullable String header() {
        return null;
    }

    /** With the dot; how the names of the files end. */
    default String fileSuffix() {
        return ".txt";
    }
}
