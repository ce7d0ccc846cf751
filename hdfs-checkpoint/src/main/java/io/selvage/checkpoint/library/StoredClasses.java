package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.Content;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.digest.Sha256;
import io.selvage.protocol.process.ClassArchive;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.process.SharedClasses;
import io.selvage.protocol.wire.LibraryFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Immutable; each call blocks on the file system. What belongs to one runtime, by its hash: lists of classes, and
 * archives of them in a zip each, which YARN unpacks. They lie in a directory of the library store that is marked,
 * needed and swept as any library's is, but is named after what they are made of and not after what they hold:
 * {@code libraries/<hash>/<role>.list}, {@code <machine>.zip}, and {@code <machine>.claim} of who makes that. It is the
 * user's own also where the runtime is an administrator's.
 */
public final class StoredClasses implements SharedClasses {
    private static final String LIST = ".list";
    private static final String ARCHIVE = ".zip";
    private static final String CLAIM = ".claim";

    private final DurableStore store;
    private final InstantSource clock;
    private final String hash;
    private final String directory;

    /**
     * @param store rooted at the state root
     * @param runtimeSha256 of the archive of libraries
     */
    public StoredClasses(DurableStore store, String runtimeSha256) {
        this(store, runtimeSha256, InstantSource.system());
    }

    StoredClasses(DurableStore store, String runtimeSha256, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        this.hash = Sha256.of(("classes of " + runtimeSha256).getBytes(StandardCharsets.UTF_8));
        this.directory = DurableStore.join(LibraryStore.LIBRARIES, hash);
    }

    @Override
    public void offerList(ProcessRole role, byte[] list) throws IOException {
        put(role.lowerCase() + LIST, out -> out.write(list));
    }

    @Override
    public boolean hasList(ProcessRole role) throws IOException {
        return isThere(role.lowerCase() + LIST);
    }

    @Override
    public Optional<byte[]> findList(ProcessRole role) throws IOException {
        return store.read(path(role.lowerCase() + LIST));
    }

    @Override
    public boolean tryClaim(String machine, long staleMillis) throws IOException {
        String claim = path(machine + CLAIM);
        Optional<StoredFile> present = store.status(claim);
        if (present.isPresent()) {
            // Of two clocks: if they are far apart, two make one, or it takes longer.
            if (present.get().modificationTimeMillis() > clock.millis() - staleMillis) {
                return false;
            }
            store.delete(claim);
        }
        byte[] own = UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8);
        PutOutcome put = store.putIfAbsent(claim, own);
        return isOurs(put, claim);
    }

    @Override
    public boolean hasArchive(String machine) throws IOException {
        return isThere(machine + ARCHIVE);
    }

    @Override
    public void offerArchive(String machine, Path archive) throws IOException {
        put(machine + ARCHIVE, out -> {
            ZipOutputStream zip = new ZipOutputStream(out);
            zip.setLevel(Deflater.BEST_SPEED); // To less than a third.
            zip.putNextEntry(new ZipEntry(ClassArchive.FILE));
            Files.copy(archive, zip);
            zip.closeEntry();
            zip.finish(); // What it writes to is not its own to close.
        });
    }

    @Override
    public boolean tryFetchArchive(String machine, Path target) throws IOException {
        try (InputStream file = store.openAt(path(machine + ARCHIVE), 0);
                ZipInputStream zip = new ZipInputStream(file)) {
            zip.getNextEntry();
            Files.copy(zip, target, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (FileNotFoundException absent) {
            return false;
        }
    }

    /**
     * The newest archive, for a session that is being opened: which virtual machine its nodes have is not known. It is
     * marked used, and its hash is that of its directory, so that sweeps leave it to who names it.
     *
     * @return nothing, too, if it is being deleted
     */
    public Optional<LibraryFile> takeNewestArchive() throws IOException {
        if (newestArchive().isEmpty() || !new LibraryMarks(store).tryTake(directory)) {
            return Optional.empty();
        }
        return newestArchive()
                .map(file -> new LibraryEntry(
                                file.name(),
                                hash,
                                store.qualify(path(file.name())),
                                file.length(),
                                file.modificationTimeMillis())
                        .toWire());
    }

    /** The machine for which an archive was made, by the name that {@link #takeNewestArchive} gives it. */
    public static String machineOf(LibraryFile archive) {
        String name = archive.getName();
        return name.endsWith(ARCHIVE) ? name.substring(0, name.length() - ARCHIVE.length()) : name;
    }

    private Optional<StoredFile> newestArchive() throws IOException {
        return store.list(directory).stream()
                .filter(file -> file.name().endsWith(ARCHIVE))
                .max(Comparator.comparingLong(StoredFile::modificationTimeMillis));
    }

    private void put(String name, Content content) throws IOException {
        if (!isThere(name)) {
            isOurs(store.putContent(path(name), content), path(name));
        }
    }

    /** False: another was faster. */
    private boolean isOurs(PutOutcome put, String path) throws IOException {
        return switch (put.kind()) {
            case WON -> true;
            case LOST -> false;
            case NOT_WRITTEN, UNDECIDED ->
                throw new IOException(store.qualify(path) + " could not be written.", put.cause());
        };
    }

    private boolean isThere(String name) throws IOException {
        return store.status(path(name)).isPresent();
    }

    private String path(String name) {
        return DurableStore.join(directory, name);
    }
}
