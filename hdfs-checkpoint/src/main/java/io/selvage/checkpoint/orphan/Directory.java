package io.selvage.checkpoint.orphan;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Immutable. A directory with all that was in it at one moment.
 *
 * @param path as the store takes it
 * @param temporaries files on their way to a name
 */
record Directory(
        StoredFile self,
        String path,
        List<StoredFile> files,
        List<StoredFile> temporaries,
        List<Directory> directories) {

    static Directory read(DurableStore store, StoredFile self, String path) throws IOException {
        List<StoredFile> files = new ArrayList<>();
        List<Directory> directories = new ArrayList<>();
        for (StoredFile each : store.list(path)) {
            if (each.directory()) {
                directories.add(read(store, each, DurableStore.join(path, each.name())));
            } else {
                files.add(each);
            }
        }
        return new Directory(self, path, files, store.temporaries(path), directories);
    }

    String name() {
        return self.name();
    }

    Optional<Directory> directory(String name) {
        return directories.stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** Itself, and all below it. */
    Stream<Directory> all() {
        return Stream.concat(Stream.of(this), directories.stream().flatMap(Directory::all));
    }

    private Stream<StoredFile> allFiles() {
        return all().flatMap(each -> Stream.concat(each.files.stream(), each.temporaries.stream()));
    }

    /**
     * When a file in it was last written. Without any file, when it was made or emptied: what is deleted in a directory
     * that has others counts for nothing.
     */
    long newestMillis() {
        return allFiles()
                .mapToLong(StoredFile::modificationTimeMillis)
                .max()
                .orElseGet(() -> all().mapToLong(each -> each.self.modificationTimeMillis())
                        .max()
                        .orElseThrow());
    }

    long bytes() {
        return allFiles().mapToLong(StoredFile::length).sum();
    }
}
