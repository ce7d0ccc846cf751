package io.selvage.task.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckedChannelTest {
    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.list(Serdes.STRING);

    private final CheckedChannel channel = new CheckedChannel(
            new ChannelId(new JobId("job-1"), new Incarnation(1), 1, 0, 0),
            SERDE,
            Duration.ofSeconds(1),
            new Wakeup(),
            new Wakeup(),
            "read",
            "sum");
    private final List<String> element = new ArrayList<>(List.of("a"));

    @Test
    void handsOverTheVeryObjectWithItsTimestampInOrder() {
        Barrier barrier = new Barrier(new CheckpointId(3), 5, false);
        assertThat(channel.tryEmit(element, 17)).isTrue();
        assertThat(channel.tryEmit(barrier)).isTrue();
        assertThat(channel.poll()).isSameAs(element);
        assertThat(channel.timestampMillis()).isEqualTo(17);
        assertThat(channel.poll()).isSameAs(barrier);
        assertThat(channel.poll()).isNull();
        channel.release(1);
    }

    @Test
    void findsWhatWasChangedBeforeItWasTaken() {
        channel.tryEmit(element, 17);
        element.add("b");
        assertThatThrownBy(channel::poll)
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("An element that read has emitted was changed before sum took it: it was [a], and"
                        + " is [a, b] now.");
    }

    @Test
    void findsWhatWasChangedBeforeTheNextIsTakenOrTheBatchEnds() {
        channel.tryEmit(element, 17);
        channel.tryEmit(List.of("next"), 18);
        channel.poll();
        element.clear();
        assertThatThrownBy(channel::poll).hasMessageContaining("changed while sum had it at hand");
        List<String> last = new ArrayList<>(List.of("last"));
        channel.tryEmit(last, 19);
        channel.poll();
        channel.poll();
        last.add("more");
        assertThatThrownBy(() -> channel.release(1)).hasMessageContaining("it was [last], and is [last, more] now");
    }

    @Test
    void whatIsChangedOnceItIsDoneWithIsNotItsAffair() {
        channel.tryEmit(element, 17);
        channel.poll();
        channel.release(1);
        element.add("b");
        assertThat(channel.poll()).isNull();
        channel.release(2);
    }

    @Test
    void whatIsUnderWayIsLoggedAsItWasEmitted() {
        Barrier barrier = new Barrier(new CheckpointId(3), 5, false);
        channel.tryEmit(element, 17);
        channel.tryEmit(List.of("queued"), Timestamps.NONE);
        channel.tryAnnounce(barrier);
        ElementLog log = channel.newLog();
        Object polled = channel.poll();
        assertThat(polled).isNotNull();
        log.append(polled, channel.timestampMillis());
        assertThat(channel.announced()).isEqualTo(barrier);
        channel.logQueued(log);
        BinaryReader in = new BinaryReader(log.toByteArray());
        ElementDecoder decoder = ElementLog.open(in, SERDE);
        assertThat(decoder.read(in)).isEqualTo(List.of("a"));
        assertThat(decoder.timestampMillis()).isEqualTo(17);
        assertThat(decoder.read(in)).isEqualTo(List.of("queued"));
        assertThat(in.remaining()).isZero();
    }
}
