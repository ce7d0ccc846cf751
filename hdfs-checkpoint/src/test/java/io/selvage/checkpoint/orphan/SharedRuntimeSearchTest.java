package io.selvage.checkpoint.orphan;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.checkpoint.orphan.SharedRuntimeSearch.InUse;
import io.selvage.checkpoint.orphan.SharedRuntimeSearch.Unused;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On local files. */
class SharedRuntimeSearchTest {
    private static final Duration OLD = SharedRuntimeSearch.LEAST_AGE.plusHours(1);
    private static final Instant NOW = Instant.now();

    @TempDir
    private Path local;

    private Path root;
    private String owner;
    private String user;
    private InUse inUse = new InUse(Set.of(), List.of());
    private Runnable beforeAnswer = () -> {};
    private int asked;

    @BeforeEach
    void layOut() throws IOException {
        Files.setPosixFilePermissions(local, PosixFilePermissions.fromString("rwxr-xr-x"));
        root = local.resolve("shared");
        owner = Files.getOwner(local).getName();
        user = owner;
    }

    private org.apache.hadoop.fs.Path rootInHadoop() {
        return new org.apache.hadoop.fs.Path(root.toUri());
    }

    private SharedRuntimeSearch search() throws IOException {
        return new SharedRuntimeSearch(
                rootInHadoop(),
                new Configuration(),
                user,
                () -> {
                    asked++;
                    beforeAnswer.run();
                    return inUse;
                },
                InstantSource.fixed(NOW));
    }

    /** As selvage share does, so long ago. Answers its SHA-256. */
    private String share(String content, Duration ago) throws IOException {
        Path archive = Files.writeString(local.resolve("runtime.zip"), content);
        LibraryFile put = new SharedLibraries(rootInHadoop(), new Configuration())
                .put(archive, HashCache.open(local.resolve("hashes-of-" + content)));
        try (Stream<Path> files = Files.list(directory(put.getSha256()))) {
            for (Path each : files.toList()) {
                Files.setLastModifiedTime(each, FileTime.from(NOW.minus(ago)));
            }
        }
        return put.getSha256();
    }

    private Path directory(String sha256) {
        return root.resolve("libraries").resolve(sha256);
    }

    private static List<String> namesOf(SharedRuntimeSearch.Found found) {
        return found.unused().stream()
                .map(each -> new org.apache.hadoop.fs.Path(each.orphan().path()).getName())
                .toList();
    }

    @Test
    void whatNoApplicationHasIsNamedAndDeletedForItsOwner() throws IOException {
        String old = share("old", OLD);
        String newest = share("newer", OLD.minusMinutes(1));
        SharedRuntimeSearch search = search();
        SharedRuntimeSearch.Found found = search.find();
        assertThat(namesOf(found)).as("and not the newest").containsExactly(old);
        Unused unused = found.unused().get(0);
        assertThat(unused.isOurs()).isTrue();
        assertThat(unused.orphan().bytes()).isEqualTo("old".length());
        assertThat(unused.orphan().why()).doesNotContain("may delete it");
        assertThat(search.delete(unused)).isTrue();
        assertThat(directory(old)).doesNotExist();
        assertThat(directory(newest)).exists();
        assertThat(search.delete(unused)).as("once more").isFalse();
    }

    @Test
    void whatAnApplicationHasOrMayHaveIsNeverNamed() throws IOException {
        String old = share("old", OLD);
        String older = share("older", OLD.multipliedBy(2));
        share("newest", Duration.ofHours(1));
        inUse = new InUse(Set.of(old), List.of());
        assertThat(namesOf(search().find())).containsExactly(older);
        inUse = new InUse(Set.of(old), List.of("It is not known what application_1_1 has."));
        SharedRuntimeSearch.Found found = search().find();
        assertThat(found.unused()).isEmpty();
        assertThat(found.notes()).containsExactly("It is not known what application_1_1 has.");
    }

    @Test
    void whatWasSharedWithinAWeekIsNotNamedAndYarnNotAsked() throws IOException {
        share("old", SharedRuntimeSearch.LEAST_AGE.minusMinutes(1));
        share("newest", Duration.ofHours(1));
        assertThat(search().find().unused()).isEmpty();
        assertThat(asked).isZero();
    }

    @Test
    void whoDoesNotOwnItIsToldWhoDoesAndDeletesNothing() throws IOException {
        String old = share("old", OLD);
        share("newest", Duration.ofHours(1));
        user = "nobody-in-particular";
        SharedRuntimeSearch search = search();
        Unused unused = search.find().unused().get(0);
        assertThat(unused.isOurs()).isFalse();
        assertThat(unused.owner()).isEqualTo(owner);
        assertThat(unused.orphan().why()).endsWith("; " + owner + ", whose it is, may delete it");
        assertThat(search.delete(unused)).isFalse();
        assertThat(search.delete(new Unused(unused.orphan(), user, true)))
                .as("whatever is said")
                .isFalse();
        assertThat(directory(old)).exists();
    }

    @Test
    void whatIsTakenOrSharedAnewBeforeItIsDeletedStays() throws IOException {
        String old = share("old", OLD);
        share("newest", Duration.ofHours(1));
        Unused unused = search().find().unused().get(0);
        inUse = new InUse(Set.of(old), List.of());
        assertThat(search().delete(unused)).as("a session has it now").isFalse();
        inUse = new InUse(Set.of(), List.of());
        SharedRuntimeSearch search = search();
        assertThat(search.find().unused()).hasSize(1);
        share("old", Duration.ZERO);
        assertThat(search.delete(unused)).as("it was shared once more").isFalse();
        assertThat(directory(old)).exists();
    }

    /** It is submitted, and its client looks, at each moment around the sweep's second question. */
    @Test
    void whoIsSubmittedMeanwhileIsSeenOrSeesIt() throws IOException {
        String old = share("old", OLD);
        share("newest", Duration.ofHours(1));
        SharedLibraries shared = new SharedLibraries(rootInHadoop(), new Configuration());
        LibraryFile runtime =
                Objects.requireNonNull(shared.look(old, "old".length()).file());
        assertThat(shared.isStillThere(runtime)).isTrue();
        SharedRuntimeSearch search = search();
        Unused unused = search.find().unused().get(0);
        beforeAnswer = () -> {
            if (!sees(shared, runtime)) { // The mark of the sweep.
                inUse = new InUse(Set.of(old), List.of());
            }
        };
        assertThat(search.delete(unused))
                .as("it was submitted before YARN was asked")
                .isFalse();
        assertThat(inUse.sha256s()).as("with the mark there").containsExactly(old);
        assertThat(sees(shared, runtime)).as("and can go on").isTrue();
        beforeAnswer = () -> inUse = new InUse(Set.of(), List.of());
        SharedRuntimeSearch another = search();
        assertThat(another.delete(another.find().unused().get(0))).isTrue();
        assertThat(sees(shared, runtime)).isFalse();
        assertThat(shared.look(old, "old".length()).file()).isNull();
    }

    private static boolean sees(SharedLibraries shared, LibraryFile runtime) {
        try {
            return shared.isStillThere(runtime);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Test
    void aStateRootsLibrariesAreNotRuntimesForAll() throws IOException {
        String old = share("old", OLD);
        share("newest", Duration.ofHours(1));
        Files.createDirectory(root.resolve("application_1_0001"));
        SharedRuntimeSearch.Found found = search().find();
        assertThat(found.unused()).isEmpty();
        assertThat(found.notes()).singleElement().asString().contains("application_1_0001", "alone");
        Files.delete(root.resolve("application_1_0001"));
        Files.setPosixFilePermissions(directory(old), PosixFilePermissions.fromString("rwx------"));
        assertThat(search().find().unused()).as("what others can't read").isEmpty();
        assertThat(asked).isZero();
    }

    @Test
    void nothingIsMadeWhereNothingIs() throws IOException {
        SharedRuntimeSearch.Found found = search().find();
        assertThat(found.unused()).isEmpty();
        assertThat(found.notes()).isEmpty();
        assertThat(root).doesNotExist();
    }
}
