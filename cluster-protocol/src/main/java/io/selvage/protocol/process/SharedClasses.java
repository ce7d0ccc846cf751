package io.selvage.protocol.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What the processes of one runtime leave for each other, whatever their application and node. Each call blocks. */
public interface SharedClasses {
    /** Leaves a role's list of the classes that it loads; the first one is kept. */
    void offerList(ProcessRole role, byte[] list) throws IOException;

    /** Whether a process of that role has left a list. */
    boolean hasList(ProcessRole role) throws IOException;

    /** A role's list, if a process of that role has left one. */
    Optional<byte[]> findList(ProcessRole role) throws IOException;

    /**
     * Whether the archive for a kind of virtual machine is this process's to make: no other has claimed that, or the
     * one that did has not finished in time. Of several that come upon a claim so old, more than one may get it.
     *
     * @param machine {@link ClassArchive#machine}
     * @param staleMillis so old is a claim of a process that is not at it any more
     */
    boolean tryClaim(String machine, long staleMillis) throws IOException;

    /** Leaves an archive of classes; the first one is kept. */
    void offerArchive(String machine, Path archive) throws IOException;

    boolean hasArchive(String machine) throws IOException;

    /**
     * Fetches the archive for a kind of virtual machine, if there is one. After an error part of it may be there.
     *
     * @param target written anew
     * @return whether there was one
     */
    boolean tryFetchArchive(String machine, Path target) throws IOException;
}
