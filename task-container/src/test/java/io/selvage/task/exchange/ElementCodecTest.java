package io.selvage.task.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.CheckpointId;
import org.junit.jupiter.api.Test;

class ElementCodecTest {
    @SuppressWarnings("unchecked")
    private final Serde<Object> serde = (Serde<Object>) (Serde<?>) Serdes.of(String.class);

    private final ElementEncoder encoder = new ElementEncoder(serde);
    private final ElementDecoder decoder = new ElementDecoder(serde);
    private final BinaryWriter out = new BinaryWriter();

    @Test
    void elementsComeBackInOrderWithTheirTimes() {
        encoder.write("a", 1_700_000_000_000L, out);
        encoder.write("b", Timestamps.NONE, out);
        encoder.write(new Watermark(1_699_999_999_000L), out);
        encoder.write(Activity.IDLE, out);
        encoder.write(Activity.ACTIVE, out);
        encoder.write("c", 1_700_000_000_001L, out);
        encoder.write("d", -5L, out);
        encoder.write("e", Long.MAX_VALUE, out);
        encoder.write("f", Long.MIN_VALUE + 1, out);
        encoder.write(new Barrier(new CheckpointId(17), 42L, true), out);
        encoder.write(new LatencyMarker(3, 1_700_000_000_000_123L), out);
        encoder.write(Watermark.MAX, out);
        encoder.write(EndOfInput.INSTANCE, out);

        BinaryReader in = new BinaryReader(out.toByteArray());
        assertRecord(in, "a", 1_700_000_000_000L);
        assertRecord(in, "b", Timestamps.NONE);
        assertThat(decoder.read(in)).isEqualTo(new Watermark(1_699_999_999_000L));
        assertThat(decoder.read(in)).isSameAs(Activity.IDLE);
        assertThat(decoder.read(in)).isSameAs(Activity.ACTIVE);
        assertRecord(in, "c", 1_700_000_000_001L);
        assertRecord(in, "d", -5L);
        assertRecord(in, "e", Long.MAX_VALUE);
        assertRecord(in, "f", Long.MIN_VALUE + 1);
        assertThat(decoder.read(in)).isEqualTo(new Barrier(new CheckpointId(17), 42L, true));
        assertThat(decoder.read(in)).isEqualTo(new LatencyMarker(3, 1_700_000_000_000_123L));
        assertThat(decoder.read(in)).isEqualTo(Watermark.MAX);
        assertThat(decoder.read(in)).isSameAs(EndOfInput.INSTANCE);
        assertThat(in.remaining()).isZero();
    }

    @Test
    void unknownKindIsCorrupt() {
        assertThatThrownBy(() -> decoder.read(new BinaryReader(new byte[] {77})))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("77");
    }

    @Test
    void aDamagedBarrierIsCorrupt() {
        encoder.write(new Barrier(new CheckpointId(17), 42L, true), out);
        byte[] whole = out.toByteArray();
        for (int at = 1; at < whole.length; at++) {
            for (int value : new int[] {0, 9, -1, 0x7F}) {
                byte[] damaged = whole.clone();
                damaged[at] = (byte) value;
                try {
                    assertThat(decoder.read(new BinaryReader(damaged))).isInstanceOf(Barrier.class);
                } catch (CorruptDataException refused) {
                    assertThat(refused).message().isNotBlank();
                }
            }
        }
        whole[1] = 0;
        assertThatThrownBy(() -> decoder.read(new BinaryReader(whole)))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("a barrier");
    }

    private void assertRecord(BinaryReader in, String value, long timestampMillis) {
        assertThat(decoder.read(in)).isEqualTo(value);
        assertThat(decoder.timestampMillis()).isEqualTo(timestampMillis);
    }
}
