package io.selvage.protocol.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What the processes of one runtime leave for each other, whatever their application and node. Each call blocks. */
public interface SharedClasses {
    /** Leaves a role's list of the classes that it loads; the first one is kept. */
    void offerList(ProcessRole role, byte[] list) throws IOException;

    /** A role's list, if a process of that role has left one. */
    Optional<byte[]> findList(ProcessRole role) throws IOException;

    /**
     * Whether it falls to this process to make the archive for a kind of virtual machine: to one of all, also if it
     * dies.
     */
    boolean tryClaim(String machine) throws IOException;

    /**
     * Leaves an archive of classes; the first one is kept.
     *
     * @param machine for which it was made: {@link ClassArchive#machine}
     */
    void offerArchive(String machine, Path archive) throws IOException;

    /**
     * Fetches the archive for a kind of virtual machine, if there is one. After an error part of it may be there.
     *
     * @param target written anew
     * @return whether there was one
     */
    boolean tryFetchArchive(String machine, Path target) throws IOException;
}
