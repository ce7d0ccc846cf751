package io.selvage.checkpoint.store;

/**
 * A file or directory as the store lists it.
 *
 * @param name the last part of its path
 * @param path fully qualified
 * @param length in bytes; 0 for a directory
 */
public record StoredFile(String name, String path, boolean directory, long length, long modificationTimeMillis) {}
