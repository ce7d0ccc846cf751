package io.selvage.checkpoint.snapshot;

import java.io.IOException;
import java.io.InputStream;

/** Opens segments. */
@FunctionalInterface
public interface SegmentSource {

    /**
     * The segment as a stream, for those that are too large for the heap. What was read before its end was reached may
     * not be what was written, and must not be used until then. If something is skipped, nothing is verified: that is
     * for those who have checksums of what they do read.
     *
     * @throws SegmentDamagedException also from the stream, at its end: if the file is gone, or its bytes differ from
     *     those that were written
     */
    InputStream open(SegmentHandle segment) throws IOException;
}
