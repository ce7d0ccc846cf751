package io.selvage.protocol.process;

import java.io.IOException;
import java.util.Optional;

/** What the processes of an application tell each other of the classes that they load. Blocks. */
public interface SharedClassLists {
    /** Leaves a role's list for the others; the first one is kept. */
    void offer(ProcessRole role, byte[] list) throws IOException;

    /** A role's list, if a process of that role has left one. */
    Optional<byte[]> find(ProcessRole role) throws IOException;
}
