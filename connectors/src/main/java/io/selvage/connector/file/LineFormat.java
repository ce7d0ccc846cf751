package io.selvage.connector.file;

import io.selvage.api.type.Serde;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How the lines of a file become elements.
 *
 * @param <T> elements
 */
public interface LineFormat<T> extends Serializable {
    Serde<T> serde();

    /** Whether the first line of every file is a header rather than an element. */
    boolean hasHeader();

    /**
     * @param header the file's first line; null without {@link #hasHeader}
     * @throws MalformedLineException if the header is not one that elements can be read by
     */
    LineParser<T> parser(@Nullable String header) throws MalformedLineException;

    /** Reads the lines of one file; used by one thread. */
    interface LineParser<T> {
        /** @return null for a line that holds no element, which is not an error */
        @Nullable
        T parse(String line) throws MalformedLineException;
    }
}
