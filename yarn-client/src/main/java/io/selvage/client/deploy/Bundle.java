package io.selvage.client.deploy;

import io.selvage.checkpoint.library.HashCache;
import io.selvage.protocol.digest.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Immutable; makes files of files, in a directory of the user's that keeps them. The same files make the same bytes,
 * wherever and whenever, so that the cluster is given each bundle once.
 */
final class Bundle {
    private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);
    private static final int NAME_DIGITS = 16;

    private final Path directory;

    /** @param directory made if need be */
    Bundle(Path directory) {
        this.directory = directory;
    }

    /**
     * The files in one archive, by their names and not compressed: jars are, already. What lies there of the same
     * names, sizes and times is taken as it is.
     */
    Path ofJars(List<Path> jars) throws IOException {
        StringBuilder key = new StringBuilder();
        Map<String, Path> entries = new TreeMap<>();
        for (Path jar : jars) {
            entries.put(jar.getFileName().toString(), jar);
            key.append(jar).append(' ').append(Files.size(jar)).append(' ');
            key.append(Files.getLastModifiedTime(jar)).append('\n');
        }
        return bundle("libraries-", ".zip", key.toString().getBytes(StandardCharsets.UTF_8), entries);
    }

    /** The files, which are small and change without a word, in a jar for a class path. */
    Path ofConfiguration(Map<String, Path> files) throws IOException {
        List<byte[]> key = new ArrayList<>();
        Map<String, Path> entries = new TreeMap<>(files);
        for (Map.Entry<String, Path> entry : entries.entrySet()) {
            key.add(entry.getKey().getBytes(StandardCharsets.UTF_8));
            key.add(Files.readAllBytes(entry.getValue()));
        }
        return bundle("configuration-", ".jar", concatenated(key), entries);
    }

    /**
     * All files of a folder, and of those that links in it lead to, in one archive, by their paths in it. Each folder
     * has archives of its own here.
     */
    Path ofFolder(Path folder, HashCache hashes) throws IOException {
        Map<String, Path> entries = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files.filter(file -> Files.isRegularFile(file))
                    .forEach(file -> entries.put(folder.relativize(file).toString(), file));
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        }
        StringBuilder key = new StringBuilder();
        for (Map.Entry<String, Path> entry : entries.entrySet()) {
            key.append(entry.getKey()).append('\n').append(hashes.sha256(entry.getValue()));
            key.append('\n');
        }
        String prefix = "folder-" + digest(folder.toString().getBytes(StandardCharsets.UTF_8)) + "-";
        return bundle(prefix, ".zip", key.toString().getBytes(StandardCharsets.UTF_8), entries);
    }

    private Path bundle(String prefix, String suffix, byte[] key, Map<String, Path> entries) throws IOException {
        Files.createDirectories(directory);
        Path target = directory.resolve(prefix + digest(key) + suffix);
        if (!Files.exists(target)) {
            Path part = Files.createTempFile(directory, "." + prefix, suffix);
            try {
                write(part, entries);
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
            forgetOlder(prefix, target);
        }
        return target;
    }

    private static void write(Path target, Map<String, Path> entries) throws IOException {
        try (OutputStream file = Files.newOutputStream(target);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (Map.Entry<String, Path> entry : entries.entrySet()) {
                ZipEntry named = new ZipEntry(entry.getKey());
                named.setTimeLocal(ENTRY_TIME);
                zip.putNextEntry(named);
                Files.copy(entry.getValue(), zip);
                zip.closeEntry();
            }
        }
    }

    /** One bundle of a kind is kept beside the newest: commands of two installations may take turns. */
    private void forgetOlder(String prefix, Path newest) throws IOException {
        List<Path> others;
        try (Stream<Path> files = Files.list(directory)) {
            others = files.filter(file -> file.getFileName().toString().startsWith(prefix) && !file.equals(newest))
                    .sorted(Comparator.comparing(file -> -file.toFile().lastModified()))
                    .toList();
        }
        for (Path old : others.subList(Math.min(1, others.size()), others.size())) {
            Files.deleteIfExists(old);
        }
    }

    private static byte[] concatenated(List<byte[]> parts) {
        int length =
                parts.stream().mapToInt(part -> part.length + Integer.BYTES).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        parts.forEach(part -> all.putInt(part.length).put(part));
        return all.array();
    }

    private static String digest(byte[] bytes) {
        return Sha256.of(bytes).substring(0, NAME_DIGITS);
    }
}
