package io.selvage.checkpoint.journal;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Safe for use by many threads. The files of a journal by slot number. */
final class Slots {
    private static final int DIGITS = 16;

    private final DurableStore store;
    private final String directory;

    Slots(DurableStore store, String directory) {
        this.store = store;
        this.directory = directory;
    }

    /** The slots that are taken, ascending. */
    List<Long> list() throws IOException {
        store.catchUp();
        List<Long> slots = new ArrayList<>();
        for (StoredFile file : store.list(directory)) {
            if (file.name().length() == DIGITS && file.name().chars().allMatch(c -> c >= '0' && c <= '9')) {
                slots.add(Long.parseLong(file.name()));
            }
        }
        return slots;
    }

    /** The highest slot that is taken; 0 if none is. */
    long newest() throws IOException {
        List<Long> taken = list();
        return taken.isEmpty() ? 0 : taken.get(taken.size() - 1);
    }

    Optional<byte[]> read(long slot) throws IOException {
        return store.read(path(slot));
    }

    String path(long slot) {
        return DurableStore.join(directory, String.format("%0" + DIGITS + "d", slot));
    }

    String file(long slot) {
        return store.qualify(path(slot));
    }
}
