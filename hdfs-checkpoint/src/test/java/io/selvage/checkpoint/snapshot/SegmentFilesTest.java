package io.selvage.checkpoint.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.FakeDisk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SegmentFilesTest {
    private final FakeDisk disk = new FakeDisk();
    private final SegmentReader reader = new SegmentReader(disk.open());
    private final Set<String> wanted = new HashSet<>();
    private final SegmentFiles files = reader.files(wanted::contains);

    /** Of one file: "first", "second" and "third". */
    private List<SegmentHandle> written(String file) throws IOException {
        List<SegmentHandle> segments = new ArrayList<>();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(disk.open(), file)) {
            for (String text : List.of("first", "second", "third")) {
                segments.add(writer.append(text.getBytes(StandardCharsets.UTF_8)));
            }
            writer.finish();
        }
        wanted.add(segments.get(0).file());
        return segments;
    }

    private String read(SegmentHandle segment) throws IOException {
        try (InputStream in = files.open(segment)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aFileIsOpenedOnceForAllOfItsSegmentsInWhateverOrder() throws IOException {
        List<SegmentHandle> segments = written("a");
        try (InputStream in = files.open(segments.get(2))) {
            assertThat((char) in.read()).as("no more is read of it").isEqualTo('t');
        }
        assertThat(read(segments.get(1))).isEqualTo("second");
        assertThat(read(segments.get(2))).isEqualTo("third");
        assertThat(read(segments.get(0))).isEqualTo("first");
        assertThat(disk.inputs(in -> true)).containsExactly("a");
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    @Test
    void ofFilesThatStayOpenTheOneReadLastAloneHasAConnection() throws IOException {
        List<SegmentHandle> ofA = written("a");
        List<SegmentHandle> ofB = written("b");
        for (int i = 0; i < ofA.size(); i++) {
            read(ofA.get(i));
            assertThat(disk.inputs(FakeDisk.Input::isConnected)).containsExactly("a");
            read(ofB.get(i));
            assertThat(disk.inputs(FakeDisk.Input::isConnected)).containsExactly("b");
        }
        assertThat(disk.inputs(in -> true)).containsExactly("a", "b");
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    @Test
    void aFileOfWhichNoMoreWillBeReadIsClosed() throws IOException {
        List<SegmentHandle> ofA = written("a");
        List<SegmentHandle> ofB = written("b");
        read(ofA.get(0));
        read(ofB.get(0));
        wanted.remove(ofB.get(0).file());
        read(ofB.get(1));
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).containsExactly("a");
        wanted.clear();
        files.closeUnwanted();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    @Test
    void noMoreFilesStayOpenThanTheBound() throws IOException {
        List<List<SegmentHandle>> all = new ArrayList<>();
        for (int file = 0; file < SegmentFiles.MOST_OPEN + 2; file++) {
            all.add(written("file-" + file));
        }
        for (List<SegmentHandle> each : all) {
            read(each.get(0));
        }
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).hasSize(SegmentFiles.MOST_OPEN);
        for (List<SegmentHandle> each : all) {
            assertThat(read(each.get(1))).isEqualTo("second");
        }
        assertThat(disk.inputs(in -> true)).as("openings").hasSize(SegmentFiles.MOST_OPEN + 4);
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    /** Who has failed may have left it anywhere, or for good. */
    @Test
    void aStreamThatHasFailedIsReadNoMore() throws IOException {
        List<SegmentHandle> segments = written("a");
        read(segments.get(0));
        disk.breakReading("a"::equals);
        assertThatThrownBy(() -> read(segments.get(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was broken off");
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
        disk.breakReading(file -> false);
        assertThat(read(segments.get(1))).isEqualTo("second");
        assertThat(disk.inputs(in -> true)).containsExactly("a", "a");
        files.close();
    }

    @Test
    void aFileThatCantRestIsClosedAndTheOtherOneIsRead() throws IOException {
        List<SegmentHandle> ofA = written("a");
        List<SegmentHandle> ofB = written("b");
        read(ofB.get(0));
        read(ofA.get(0));
        disk.breakResting("a"::equals);
        assertThat(read(ofB.get(1))).isEqualTo("second");
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).containsExactly("b");
        disk.breakResting(file -> false);
        assertThat(read(ofA.get(1))).isEqualTo("second");
        assertThat(disk.inputs(in -> true)).as("openings").containsExactly("b", "a", "a");
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    @Test
    void aSegmentThatIsDamagedIsNamedAndTheOthersOfItsFileAreRead() throws IOException {
        List<SegmentHandle> segments = written("a");
        byte[] bytes = disk.bytes("a");
        bytes[(int) segments.get(1).offset()] ^= 4;
        disk.overwrite("a", bytes);
        assertThat(read(segments.get(0))).isEqualTo("first");
        assertThatThrownBy(() -> read(segments.get(1)))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining("a is damaged");
        assertThat(read(segments.get(2))).isEqualTo("third");
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
    }

    @Test
    void aFileThatIsMissingOrTooShortIsNamedAndClosed() throws IOException {
        List<SegmentHandle> segments = written("a");
        disk.overwrite("a", Arrays.copyOf(disk.bytes("a"), (int) segments.get(1).offset() + 2));
        assertThat(read(segments.get(0))).isEqualTo("first");
        assertThatThrownBy(() -> read(segments.get(1))).hasMessageContaining("2 bytes are left");
        assertThatThrownBy(() -> read(segments.get(2))).hasMessageContaining("0 bytes are left");
        files.close();
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
        disk.open().delete("a");
        SegmentFiles later = reader.files(file -> true);
        assertThatThrownBy(() -> later.open(segments.get(0))).hasMessageContaining("a is missing");
    }

    @Test
    void whoClosesThemClosesASegmentThatIsStillReadWithIt() throws IOException {
        List<SegmentHandle> segments = written("a");
        InputStream one = files.open(segments.get(0));
        InputStream other = files.open(segments.get(1)); // In between: from a stream of its own.
        assertThat(one.readAllBytes()).hasSize(5);
        assertThat(other.readAllBytes()).hasSize(6);
        one.close();
        one.close();
        files.close();
        other.close();
        assertThat(disk.inputs(in -> true)).containsExactly("a", "a");
        assertThat(disk.inputs(FakeDisk.Input::isOpen)).isEmpty();
        assertThatThrownBy(() -> files.open(segments.get(0))).isInstanceOf(IllegalStateException.class);
    }
}
