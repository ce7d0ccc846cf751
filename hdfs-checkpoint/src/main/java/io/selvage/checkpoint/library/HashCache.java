package io.selvage.checkpoint.library;

import io.selvage.protocol.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads. Remembers the hashes of local files by path, size and times, in a text file of one line
 * each, so that a hundred jars are not read at every submission.
 *
 * <p>The time of modification alone would not do: a reproducible build gives its jars the same one every time. The time
 * at which the file system itself saw the file change can't be set.
 *
 * <p>A file that was changed less than {@link #SETTLED} before it was hashed is not remembered: it could change again
 * without its time showing it.
 */
public final class HashCache {
    static final Duration SETTLED = Duration.ofSeconds(2);
    private static final int READ_BUFFER_BYTES = 256 * 1024;
    private static final String SEPARATOR = "\t";
    private static final int FIELDS = 5;
    private static final Logger LOG = LoggerFactory.getLogger(HashCache.class);

    private final Path file;
    private final InstantSource clock;
    private final Map<Path, Known> known = new ConcurrentHashMap<>();
    private final AtomicBoolean changed = new AtomicBoolean();

    private record Known(long size, FileTime modified, FileTime changed, String sha256) {
        boolean fits(BasicFileAttributes file, FileTime changedNow) {
            return size == file.size() && modified.equals(file.lastModifiedTime()) && changed.equals(changedNow);
        }
    }

    private HashCache(Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    /** Opens the cache in a file, which need not exist. One that can't be read is as good as none. */
    public static HashCache open(Path file) {
        return open(file, InstantSource.system());
    }

    static HashCache open(Path file, InstantSource clock) {
        HashCache cache = new HashCache(file, clock);
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                cache.learn(line);
            }
        } catch (NoSuchFileException none) {
            return cache;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("The cache of file hashes {} can't be read and is made anew: {}", file, e.toString());
            cache.known.clear();
            cache.changed.set(true);
        }
        return cache;
    }

    /** The SHA-256 of a file, in lower-case hexadecimal. */
    public String sha256(Path local) throws IOException {
        Path path = local.toRealPath();
        BasicFileAttributes before = Files.readAttributes(path, BasicFileAttributes.class);
        FileTime changedBefore = changeTime(path, before);
        Known remembered = known.get(path);
        if (remembered != null && remembered.fits(before, changedBefore)) {
            return remembered.sha256();
        }
        Instant started = clock.instant();
        String hash = hash(path);
        if (changedBefore.toInstant().plus(SETTLED).isBefore(started)) {
            known.put(path, new Known(before.size(), before.lastModifiedTime(), changedBefore, hash));
            changed.set(true);
        }
        return hash;
    }

    /** Writes what was learnt, and leaves out files that are gone. */
    public void save() throws IOException {
        if (!changed.getAndSet(false)) {
            return;
        }
        List<String> lines = new ArrayList<>();
        known.forEach((path, entry) -> {
            if (Files.exists(path) && !path.toString().contains("\n")) {
                lines.add(String.join(
                        SEPARATOR,
                        entry.sha256(),
                        Long.toString(entry.size()),
                        entry.modified().toString(),
                        entry.changed().toString(),
                        path.toString()));
            }
        });
        Path directory = file.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        Path temporary = Files.createTempFile(
                directory,
                ".hashes",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.write(temporary, lines, StandardCharsets.UTF_8);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void learn(String line) {
        String[] fields = line.split(SEPARATOR, FIELDS);
        if (fields.length != FIELDS) {
            throw new IllegalArgumentException("a line of " + fields.length + " fields");
        }
        known.put(
                Path.of(fields[4]),
                new Known(
                        Long.parseLong(fields[1]),
                        FileTime.from(parse(fields[2])),
                        FileTime.from(parse(fields[3])),
                        fields[0]));
    }

    /** When the file's content or attributes last changed; its modification where the file system does not tell. */
    private static FileTime changeTime(Path path, BasicFileAttributes attributes) throws IOException {
        try {
            return (FileTime) Files.getAttribute(path, "unix:ctime");
        } catch (UnsupportedOperationException | IllegalArgumentException notUnix) {
            return attributes.lastModifiedTime();
        }
    }

    private static Instant parse(String time) {
        try {
            return Instant.parse(time);
        } catch (java.time.format.DateTimeParseException e) {
            throw new IllegalArgumentException("a time of " + time, e);
        }
    }

    private static String hash(Path path) throws IOException {
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[READ_BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(path)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return Sha256.end(digest);
    }
}
