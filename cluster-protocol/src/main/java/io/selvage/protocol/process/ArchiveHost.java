package io.selvage.protocol.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What making an archive of classes takes of a process and its time. */
interface ArchiveHost {
    /** {@link ClassArchive#machine}. */
    Optional<String> machine() throws IOException;

    /** Whether there is memory for the making. */
    boolean hasRoom() throws IOException;

    /**
     * Makes an archive; blocks for as long as it takes.
     *
     * @param list of the classes, in lines
     */
    void make(byte[] list, Path target) throws IOException, InterruptedException;

    void sleep(long millis) throws InterruptedException;
}
