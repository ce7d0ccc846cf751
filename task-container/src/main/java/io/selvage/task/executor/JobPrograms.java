package io.selvage.task.executor;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.digest.Sha256;
import io.selvage.protocol.program.ProgramClassLoader;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owned by the preparing thread: the programs of jobs, one class loader for all incarnations of a job. */
final class JobPrograms {
    /** Programs of jobs that don't run here which are kept, since a job that restarts comes back. */
    static final int MOST_IDLE_PROGRAMS = 4;

    private static final int COPY_BUFFER_BYTES = 64 * 1024;
    private static final Logger LOG = LoggerFactory.getLogger(JobPrograms.class);

    private final DurableStore store;
    private final Path directory;
    private final ClassLoader parent;
    private final Map<String, Program> programs = new LinkedHashMap<>(); // The longest unused first.

    private record Program(List<LibraryFile> jars, ClassLoading loading, ProgramClassLoader loader) {}

    /** @param directory local, for the jars */
    JobPrograms(DurableStore store, Path directory, ClassLoader parent) {
        this.store = store;
        this.directory = directory;
        this.parent = parent;
    }

    ClassLoader loader(String jobId, List<LibraryFile> jars, ClassLoading loading, Set<String> liveJobs)
            throws IOException, ProgramDamagedException {
        Program program = programs.remove(jobId);
        if (program == null
                || !program.jars().equals(jars)
                || !program.loading().equals(loading)) {
            program = load(jobId, jars, loading);
        }
        programs.put(jobId, program);
        evict(liveJobs);
        return program.loader();
    }

    private Program load(String jobId, List<LibraryFile> jars, ClassLoading loading)
            throws IOException, ProgramDamagedException {
        List<URL> urls = new ArrayList<>();
        for (LibraryFile jar : jars) {
            urls.add(fetch(jar).toUri().toURL());
        }
        return new Program(List.copyOf(jars), loading, new ProgramClassLoader(jobId, urls, loading, parent));
    }

    private void evict(Set<String> liveJobs) throws IOException {
        long idle = programs.keySet().stream()
                .filter(job -> !liveJobs.contains(job))
                .count();
        Iterator<Map.Entry<String, Program>> oldest = programs.entrySet().iterator();
        while (idle > MOST_IDLE_PROGRAMS && oldest.hasNext()) {
            Map.Entry<String, Program> entry = oldest.next();
            if (!liveJobs.contains(entry.getKey())) {
                oldest.remove();
                entry.getValue().loader().close();
                idle--;
            }
        }
    }

    private Path fetch(LibraryFile jar) throws IOException, ProgramDamagedException {
        Files.createDirectories(directory);
        Path local = directory.resolve(jar.getSha256() + ".jar");
        if (Files.exists(local)) {
            return local; // It got this name after it was verified.
        }
        Path partial = Files.createTempFile(directory, jar.getSha256(), ".part");
        try {
            String found = copy(jar, partial);
            if (!found.equals(jar.getSha256())) {
                throw new ProgramDamagedException(
                        "The library " + jar.getPath() + " has the SHA-256 " + found + ", and " + jar.getSha256()
                                + " was submitted: it was changed in the store. Delete it and submit again.");
            }
            Files.move(partial, local, StandardCopyOption.ATOMIC_MOVE);
            LOG.info("Fetched {} ({} bytes)", jar.getPath(), jar.getLength());
            return local;
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private String copy(LibraryFile jar, Path to) throws IOException {
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[COPY_BUFFER_BYTES];
        try (InputStream in = store.openAt(jar.getPath(), 0);
                OutputStream out = Files.newOutputStream(to)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                out.write(buffer, 0, read);
            }
        }
        return Sha256.end(digest);
    }
}
