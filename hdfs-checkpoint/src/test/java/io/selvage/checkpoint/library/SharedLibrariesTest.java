package io.selvage.checkpoint.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.library.SharedLibraries.Standing;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On local files, which have the same rights as those in HDFS. */
class SharedLibrariesTest {
    @TempDir
    Path local;

    private Path jar;
    private Path apps;
    private Path root;

    @BeforeEach
    void layOut() throws IOException {
        jar = Files.writeString(local.resolve("libraries.zip"), "abc");
        may(local, "rwxr-xr-x");
        apps = Files.createDirectory(local.resolve("apps"));
        may(apps, "rwxr-xr-x");
        root = apps.resolve("selvage");
    }

    private static void may(Path path, String rights) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
    }

    private static String mayOf(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private SharedLibraries shared() throws IOException {
        return new SharedLibraries(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
    }

    private LibraryFile put() throws IOException {
        return shared().put(jar, HashCache.open(local.resolve("hashes")));
    }

    private static Path pathOf(LibraryFile file) {
        return Path.of(new org.apache.hadoop.fs.Path(file.getPath()).toUri().getPath());
    }

    @Test
    void whatIsPutThereIsForAllToReadAndForNobodyToChange() throws IOException {
        LibraryFile put = put();
        assertThat(put.getForAll()).isTrue();
        assertThat(pathOf(put))
                .hasContent("abc")
                .startsWith(root.resolve("libraries").resolve(put.getSha256()));
        assertThat(mayOf(pathOf(put))).isEqualTo("rw-r--r--");
        for (Path directory :
                new Path[] {root, root.resolve("libraries"), pathOf(put).getParent()}) {
            assertThat(mayOf(directory)).as("%s", directory).isEqualTo("rwxr-xr-x");
        }
        assertThat(find(put.getSha256(), 3)).contains(put);
        assertThat(put()).as("once more").isEqualTo(put);
    }

    @Test
    void whatIsNotThereOrIsOfAnotherLengthIsNotFound() throws IOException {
        assertThat(find("0".repeat(64), 3)).isEmpty();
        String sha256 = put().getSha256();
        assertThat(find("0".repeat(64), 3)).isEmpty();
        assertThat(find(sha256, 4)).as("half of it, say").isEmpty();
    }

    private Optional<LibraryFile> find(String sha256, long length) throws IOException {
        return Optional.ofNullable(look(sha256, length).file());
    }

    private SharedLibraries.Seen look(String sha256, long length) throws IOException {
        return shared().look(sha256, length);
    }

    @Test
    void whatIsInTheWayIsNamed() throws IOException {
        assertThat(look("0".repeat(64), 3)).isEqualTo(new SharedLibraries.Seen(Standing.NO_ROOT, "file:" + root, null));
        LibraryFile put = put();
        String sha256 = put.getSha256();
        assertThat(look(sha256, 3)).isEqualTo(new SharedLibraries.Seen(Standing.FOR_ALL, put.getPath(), put));
        assertThat(look("0".repeat(64), 3))
                .isEqualTo(new SharedLibraries.Seen(Standing.ABSENT, "file:" + root + "/libraries", null));
        assertThat(look(sha256, 4)).isEqualTo(new SharedLibraries.Seen(Standing.DAMAGED, put.getPath(), null));

        may(apps, "rwxr-x---");
        assertThat(look(sha256, 3))
                .isEqualTo(new SharedLibraries.Seen(
                        Standing.FOR_SOME,
                        "file:" + apps,
                        put.toBuilder().setForAll(false).build()));
        may(apps, "rwxrwxrwx");
        assertThat(look(sha256, 3)).isEqualTo(new SharedLibraries.Seen(Standing.MOVABLE, "file:" + apps, null));
        may(apps, "rwxr-xr-x");
        may(root.resolve("libraries"), "rwxrwxrwx");
        assertThat(look(sha256, 3))
                .isEqualTo(new SharedLibraries.Seen(Standing.REPLACEABLE, "file:" + root + "/libraries", null));
        may(root.resolve("libraries"), "rwxr-xr-x");
        may(root, "rwxrwxrwx");
        assertThat(look(sha256, 3)).isEqualTo(new SharedLibraries.Seen(Standing.REPLACEABLE, "file:" + root, null));
        makeSticky(root);
        assertThat(look(sha256, 3)).isEqualTo(new SharedLibraries.Seen(Standing.PUBLIC_ROOT, "file:" + root, null));
        may(root, "rwxr-xr-x");
        may(pathOf(put), "rw-r-----");
        assertThat(look(sha256, 3).standing()).isEqualTo(Standing.FOR_SOME);
        assertThat(look(sha256, 3).where()).isEqualTo(put.getPath());
    }

    @Test
    void whatIsUnderWayIsNotFound() throws IOException {
        LibraryFile put = put();
        Files.move(pathOf(put), pathOf(put).resolveSibling(".libraries.zip.1.tmp"));
        assertThat(find(put.getSha256(), 3)).isEmpty();
    }

    @Test
    void whereNotAllMayEnterItIsOnlyForWhoMay() throws IOException {
        may(apps, "rwxr-x---");
        LibraryFile put = put();
        assertThat(put.getForAll()).isFalse();
        assertThat(find(put.getSha256(), 3)).contains(put);
        may(apps, "rwxr-xr-x");
        may(pathOf(put), "rw-r-----");
        assertThat(find(put.getSha256(), 3).orElseThrow().getForAll()).isFalse();
    }

    @Test
    void whatAnybodyCouldReplaceIsNotTaken() throws IOException {
        LibraryFile put = put();
        for (Path path : new Path[] {pathOf(put), pathOf(put).getParent(), root, apps}) {
            String before = mayOf(path);
            may(path, "rwxrwxrwx");
            assertThat(find(put.getSha256(), 3)).as("%s", path).isEmpty();
            may(path, before);
        }
        assertThat(find(put.getSha256(), 3)).contains(put);
        may(root, "rwxrwxrwx");
        assertThatThrownBy(this::put).hasMessageContaining("Anybody may write into file:" + root);
    }

    /** There he could not replace a file, but put one of the next version before it is there. */
    @Test
    void norIsWhatLiesWhereAnybodyCouldAddSomething() throws IOException {
        LibraryFile put = put();
        for (Path path : new Path[] {pathOf(put).getParent(), root.resolve("libraries"), root}) {
            makeSticky(path);
            assertThat(find(put.getSha256(), 3)).as("%s", path).isEmpty();
            may(path, "rwxr-xr-x");
        }
        makeSticky(apps);
        assertThat(find(put.getSha256(), 3)).as("above the root").contains(put);
    }

    @Test
    void whatIsClosedToThisUserIsNamedAndNotWhatLiesInIt() throws IOException {
        LibraryFile put = put();
        for (Path closed :
                new Path[] {apps, root, root.resolve("libraries"), pathOf(put).getParent(), pathOf(put)}) {
            Configuration configuration = new Configuration();
            configuration.setClass("fs.file.impl", Closing.class, FileSystem.class);
            configuration.setBoolean("fs.file.impl.disable.cache", true);
            configuration.set(Closing.CLOSED, closed.toString());
            SharedLibraries shared = new SharedLibraries(new org.apache.hadoop.fs.Path(root.toUri()), configuration);
            assertThat(shared.look(put.getSha256(), 3))
                    .isEqualTo(new SharedLibraries.Seen(Standing.CLOSED, "file:" + closed, null));
        }
    }

    /** Local files of which one, or what is in it, is not this user's to use. */
    private static final class Closing extends LocalFileSystem {
        static final String CLOSED = "test.closed";

        @Override
        public FileStatus[] listStatus(org.apache.hadoop.fs.Path path) throws IOException {
            requireOpen(path);
            return super.listStatus(path);
        }

        @Override
        public void access(org.apache.hadoop.fs.Path path, FsAction use) throws IOException {
            requireOpen(path);
            super.access(path, use);
        }

        private void requireOpen(org.apache.hadoop.fs.Path path) throws AccessControlException {
            if (Path.of(path.toUri().getPath()).startsWith(getConf().get(CLOSED))) {
                throw new AccessControlException("Permission denied: " + path);
            }
        }
    }

    private static void makeSticky(Path path) throws IOException {
        Files.setAttribute(path, "unix:mode", 01777);
    }

    @Test
    void theGroupKeepsItsRightToWrite() throws IOException {
        Files.createDirectories(root);
        may(root, "rwxrwx---");
        put();
        assertThat(mayOf(root)).isEqualTo("rwxrwxr-x");
    }

    @Test
    void whatOthersCantReachIsNotOpenedToThem() throws IOException {
        Files.createDirectories(root.resolve("application_1_0001"));
        may(root, "rwx------");
        assertThatThrownBy(this::put)
                .hasMessageContaining("application_1_0001 is in it")
                .hasMessageContaining("Choose a directory for the runtime alone.");
        assertThat(mayOf(root)).isEqualTo("rwx------");
        assertThat(root.resolve("libraries")).doesNotExist();
    }
}
