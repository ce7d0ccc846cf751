package io.selvage.connector.file;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import org.jspecify.annotations.Nullable;

/** Every line is an element, empty ones too. */
record TextLines() implements LineFormat<String> {
    @Override
    public Serde<String> serde() {
        return Serdes.STRING;
    }

    @Override
    public boolean hasHeader() {
        return false;
    }

    @Override
    public LineParser<String> parser(@Nullable String header) {
        return line -> line;
    }
}
