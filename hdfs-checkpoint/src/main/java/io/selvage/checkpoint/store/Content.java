package io.selvage.checkpoint.store;

import java.io.IOException;
import java.io.OutputStream;

/** Writes a file's content. */
@FunctionalInterface
public interface Content {
    void writeTo(OutputStream out) throws IOException;
}
