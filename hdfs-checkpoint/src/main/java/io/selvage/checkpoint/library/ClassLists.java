package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.process.SharedClassLists;
import java.io.IOException;
import java.util.Optional;

/** Immutable; each call blocks on the file system. Lists of classes, under {@code <application>/classes/<role>}. */
public final class ClassLists implements SharedClassLists {
    private final DurableStore store;
    private final String directory;

    public ClassLists(DurableStore store, String applicationId) {
        this.store = store;
        this.directory = DurableStore.join(applicationId, "classes");
    }

    @Override
    public void offer(ProcessRole role, byte[] list) throws IOException {
        if (find(role).isPresent()) {
            return;
        }
        PutOutcome put = store.putContent(path(role), out -> out.write(list));
        if (put.kind() == PutOutcome.Kind.NOT_WRITTEN || put.kind() == PutOutcome.Kind.UNDECIDED) {
            throw new IOException("The list of classes " + path(role) + " could not be written.", put.cause());
        }
    }

    @Override
    public Optional<byte[]> find(ProcessRole role) throws IOException {
        return store.read(path(role));
    }

    private String path(ProcessRole role) {
        return DurableStore.join(directory, role.lowerCase());
    }
}
