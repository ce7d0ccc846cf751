package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Time is what a maker sleeps; what happens meanwhile is a step of the test's. */
class ClassArchiveMakerTest {
    private static final String MACHINE = "0a";
    private static final String AT_WORK = "io/selvage/protocol/wire/Deploy id: 7\n";
    private static final long HOUR_MILLIS = 3_600_000;

    @TempDir
    Path directory;

    private final Shared shared = new Shared();

    @FunctionalInterface
    private interface Meanwhile {
        /** @param millis since the maker's start */
        void happens(long millis) throws IOException;
    }

    private final class Node implements ArchiveHost {
        private final String name;
        private final List<Long> made = new ArrayList<>();
        private boolean hasRoom = true;
        private boolean isMakingBroken;
        private long millis;
        private Meanwhile meanwhile = millis -> {};

        Node(String name) {
            this.name = name;
        }

        Path archive() {
            return directory.resolve(name + ".jsa");
        }

        Path list() {
            return directory.resolve(name + ".list");
        }

        void load(String list) throws IOException {
            Files.writeString(list(), list);
        }

        /** Until it is done, or for an hour. */
        Node run(ProcessRole role, String given) {
            new ClassArchiveMaker(role, archive(), shared, given, list(), this).run();
            assertThat(Thread.interrupted()).isEqualTo(millis > HOUR_MILLIS);
            return this;
        }

        @Override
        public Optional<String> machine() {
            return Optional.of(MACHINE);
        }

        @Override
        public boolean hasRoom() {
            return hasRoom;
        }

        @Override
        public void make(byte[] list, Path target) throws IOException {
            made.add(millis);
            if (isMakingBroken) {
                throw new IOException("killed");
            }
            Files.write(target, list);
        }

        @Override
        public void sleep(long slept) throws InterruptedException {
            millis += slept;
            if (millis > HOUR_MILLIS) {
                throw new InterruptedException("long enough");
            }
            try {
                meanwhile.happens(millis);
            } catch (IOException failed) {
                throw new AssertionError(failed);
            }
        }
    }

    private static final class Shared implements SharedClasses {
        private final Map<ProcessRole, byte[]> lists = new EnumMap<>(ProcessRole.class);
        private final Map<String, byte[]> archives = new HashMap<>();
        private final Set<String> claims = new HashSet<>();
        private int failures;

        private void call() throws IOException {
            if (failures-- > 0) {
                throw new IOException("HDFS is away");
            }
        }

        @Override
        public void offerList(ProcessRole role, byte[] list) throws IOException {
            call();
            lists.putIfAbsent(role, list);
        }

        @Override
        public boolean hasList(ProcessRole role) throws IOException {
            call();
            return lists.containsKey(role);
        }

        @Override
        public Optional<byte[]> findList(ProcessRole role) throws IOException {
            call();
            return Optional.ofNullable(lists.get(role));
        }

        @Override
        public boolean tryClaim(String machine, long staleMillis) throws IOException {
            call();
            return claims.add(machine);
        }

        @Override
        public void offerArchive(String machine, Path archive) throws IOException {
            call();
            archives.putIfAbsent(machine, Files.readAllBytes(archive));
        }

        @Override
        public boolean hasArchive(String machine) throws IOException {
            call();
            return archives.containsKey(machine);
        }

        @Override
        public boolean tryFetchArchive(String machine, Path target) throws IOException {
            call();
            Files.write(target, archives.get(machine));
            return true;
        }
    }

    @Test
    void theFirstOneThatIsAtWorkMakesTheArchiveOfBothRolesClassesForAll() throws IOException {
        shared.lists.put(ProcessRole.MASTER, bytes("a/Master\n"));
        Node node = new Node("first");
        node.load("a/Executor\n" + AT_WORK + "half a li");
        node.run(ProcessRole.EXECUTOR, "");
        assertThat(node.made).hasSize(1);
        assertThat(node.made.get(0)).isBetween(ClassArchiveMaker.CALM_MILLIS, 30_000L);
        String union = "a/Master\na/Executor\n" + AT_WORK;
        assertThat(node.archive()).hasContent(union);
        assertThat(shared.archives.get(MACHINE))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(union);
    }

    @Test
    void nobodyLeavesAListBeforeItHasSeenAJob() throws IOException {
        Node idle = new Node("idle");
        idle.load("a/Executor\n");
        idle.run(ProcessRole.EXECUTOR, "");
        assertThat(idle.millis).isGreaterThan(HOUR_MILLIS);
        assertThat(shared.lists).isEmpty();

        Node late = new Node("late");
        late.load("a/Master\n");
        late.meanwhile = millis -> late.load(millis < 1_000_000 ? "a/Master\n" : "a/Master\n" + AT_WORK);
        late.run(ProcessRole.MASTER, "");
        assertThat(shared.lists).containsOnlyKeys(ProcessRole.MASTER);
        assertThat(shared.lists.get(ProcessRole.MASTER))
                .asString(StandardCharsets.UTF_8)
                .contains("Deploy");
    }

    @Test
    void whereThereIsNoRoomAnothersArchiveIsWaitedForAndFetched() throws IOException {
        bothLists();
        Node small = new Node("small");
        small.hasRoom = false;
        small.meanwhile = millis -> {
            if (millis > 600_000) {
                shared.archives.put(MACHINE, bytes("mapped"));
            }
        };
        small.run(ProcessRole.MASTER, "");
        assertThat(small.made).isEmpty();
        assertThat(shared.claims).isEmpty();
        assertThat(small.archive()).hasContent("mapped");
    }

    @Test
    void whereTheMakingFailsItIsLeftToOthersSoon() throws IOException {
        bothLists();
        Node broken = new Node("broken");
        broken.isMakingBroken = true;
        broken.meanwhile = millis -> {
            if (millis > 600_000) {
                shared.claims.clear(); // They are too old.
            }
        };
        broken.run(ProcessRole.EXECUTOR, "");
        assertThat(broken.made).hasSize(2);
        assertThat(broken.made.get(1)).isGreaterThan(600_000);
        assertThat(broken.archive()).doesNotExist();
        shared.claims.clear();
        assertThat(new Node("other").run(ProcessRole.EXECUTOR, "").made).hasSize(1);
        assertThat(shared.archives).containsKey(MACHINE);
    }

    @Test
    void whatAnotherHasClaimedIsWaitedFor() throws IOException {
        bothLists();
        shared.claims.add(MACHINE);
        Node node = new Node("second");
        node.meanwhile = millis -> {
            if (millis > 60_000) {
                shared.claims.clear(); // It was too old.
            }
        };
        node.run(ProcessRole.EXECUTOR, "");
        assertThat(node.made)
                .singleElement()
                .satisfies(millis -> assertThat(millis).isGreaterThan(60_000));
    }

    @Test
    void anOutageOfHdfsPutsItOff() throws IOException {
        bothLists();
        shared.failures = 7;
        Node node = new Node("patient").run(ProcessRole.EXECUTOR, "");
        assertThat(node.made).hasSize(1);
        assertThat(shared.archives).containsKey(MACHINE);
    }

    @Test
    void whereTheSessionsArchiveFitsNothingIsDone() throws IOException {
        bothLists();
        assertThat(new Node("given").run(ProcessRole.EXECUTOR, MACHINE).millis).isZero();
        Node unlike = new Node("unlike").run(ProcessRole.EXECUTOR, "0b");
        assertThat(unlike.made).as("a node with another virtual machine").hasSize(1);
    }

    @Test
    void aListThatIsStillBeingWrittenIsReadToItsLastWholeLine() {
        assertThat(ClassArchiveMaker.wholeLines(bytes("a/B\nc/D\ne/"))).isEqualTo(bytes("a/B\nc/D\n"));
        assertThat(ClassArchiveMaker.wholeLines(bytes("a/"))).isEmpty();
    }

    @Test
    void theMemoryInUseIsReadFromTheKernelsWords() {
        assertThat(ArchiveProcess.residentBytes(List.of("VmPeak:\t 9 kB", "VmRSS:\t  2048 kB")))
                .isEqualTo(2L << 20);
    }

    private void bothLists() {
        shared.lists.put(ProcessRole.MASTER, bytes("a/Master\n"));
        shared.lists.put(ProcessRole.EXECUTOR, bytes("a/Executor\n"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
