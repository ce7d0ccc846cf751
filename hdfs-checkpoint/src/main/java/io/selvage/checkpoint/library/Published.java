package io.selvage.checkpoint.library;

import java.util.List;

/**
 * What a publication came to.
 *
 * @param entries in the order of the files that were given
 * @param uploaded files that the store did not have
 * @param reused files that it had
 */
public record Published(List<LibraryEntry> entries, int uploaded, int reused, long uploadedBytes) {
    public Published {
        entries = List.copyOf(entries);
    }
}
