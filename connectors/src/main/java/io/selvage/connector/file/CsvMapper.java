package io.selvage.connector.file;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** What becomes of a line of a CSV file. */
@FunctionalInterface
public interface CsvMapper<T> extends Serializable {
    /** @return null for a row that is left out */
    @Nullable
    T map(CsvRow row) throws MalformedLineException;
}
