package io.selvage.connector.memory;

import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitReader;
import java.nio.ByteBuffer;

/** Owned by the reading subtask's thread: every so-manieth element of a source. */
final class ElementReader<T> implements SplitReader<T> {
    private final ElementSource.Elements<T> elements;
    private final int stride;
    private final long count;
    private long next;

    ElementReader(ElementSource.Elements<T> elements, long next, int stride, long count) {
        this.elements = elements;
        this.next = next;
        this.stride = stride;
        this.count = count;
    }

    @Override
    public Status read(SourceOutput<T> out, int maxElements) throws Exception {
        for (int i = 0; i < maxElements && next < count; i++) {
            T element = elements.element(next);
            next += stride;
            out.collect(element);
        }
        return next < count ? Status.MORE : Status.END;
    }

    @Override
    public byte[] position() {
        return ByteBuffer.allocate(Long.BYTES).putLong(next).array();
    }

    @Override
    public String describeLast() {
        return "element " + (next - stride) + " of the source";
    }
}
