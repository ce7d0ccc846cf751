package io.selvage.checkpoint.library;

import io.selvage.protocol.wire.LibraryFile;

/**
 * A file in the library store, as YARN wants to know it.
 *
 * @param name the last part of its path
 * @param sha256 of its content, lower-case hexadecimal
 * @param path fully qualified
 * @param length in bytes
 */
public record LibraryEntry(String name, String sha256, String path, long length, long modificationTimeMillis) {

    public LibraryFile toWire() {
        return LibraryFile.newBuilder()
                .setName(name)
                .setSha256(sha256)
                .setPath(path)
                .setLength(length)
                .setModificationTimeMillis(modificationTimeMillis)
                .build();
    }

    public static LibraryEntry fromWire(LibraryFile file) {
        return new LibraryEntry(
                file.getName(), file.getSha256(), file.getPath(), file.getLength(), file.getModificationTimeMillis());
    }
}
