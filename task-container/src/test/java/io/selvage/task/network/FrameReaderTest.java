package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
    private final List<String> frames = new ArrayList<>();
    private final FrameReader reader = new FrameReader(new FrameReader.Sink() {
        @Override
        public byte[] arrayFor(FrameHeader data) {
            return data.channel() == 99 ? null : new byte[data.length()];
        }

        @Override
        public void onFrame(FrameHeader header, byte[] payload) {
            frames.add(header.type() + " " + header.channel() + " " + header.number() + " "
                    + (header.continues() ? "goes on " : "")
                    + Arrays.hashCode(Arrays.copyOf(payload, header.length())));
        }
    });

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 19, 20, 21, 1000, 1 << 20})
    void cutsFramesWhateverTheSizesTheyArriveIn(int pieceBytes) throws ProtocolViolation {
        Random random = new Random(7);
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] payload = new byte[random.nextInt(300)];
            random.nextBytes(payload);
            int flags = i % 3 == 0 ? FrameHeader.CONTINUES : 0;
            wire.writeBytes(frame(FrameType.DATA, flags, 1 + i % 5, i, payload));
            expected.add(
                    "DATA " + (1 + i % 5) + " " + i + " " + (flags != 0 ? "goes on " : "") + Arrays.hashCode(payload));
        }

        feed(wire.toByteArray(), pieceBytes);

        assertThat(frames).isEqualTo(expected);
    }

    @Test
    void skipsAPayloadThatNobodyWants() throws ProtocolViolation {
        feed(frame(FrameType.DATA, 0, 99, 0, new byte[5000]), 700);
        feed(frame(FrameType.CREDIT, 0, 3, 4096, new byte[0]), 7);

        assertThat(frames).containsExactly("CREDIT 3 4096 1");
    }

    @Test
    void refusesEveryFrameWithAFlippedBit() {
        byte[] intact = frame(FrameType.DATA, 0, 1, 0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        for (int bit = 0; bit < intact.length * 8; bit++) {
            byte[] damaged = intact.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            frames.clear();
            FrameReader fresh = new FrameReader(new FrameReader.Sink() {
                @Override
                public byte[] arrayFor(FrameHeader data) {
                    return new byte[data.length()];
                }

                @Override
                public void onFrame(FrameHeader header, byte[] payload) {
                    frames.add("passed");
                }
            });
            // A length that has become larger waits for more; then come bytes enough to end any wait for the checksum.
            assertThatThrownBy(() -> {
                        fresh.read(Unpooled.wrappedBuffer(damaged));
                        fresh.read(Unpooled.wrappedBuffer(new byte[FrameReader.MAX_PAYLOAD_BYTES + 100]));
                    })
                    .as("bit %d", bit)
                    .isInstanceOf(ProtocolViolation.class);
            assertThat(frames).as("bit %d", bit).isEmpty();
        }
    }

    @Test
    void refusesALengthBeyondTheLimitBeforeAnythingIsAllocated() {
        FrameHeader header = new FrameHeader();
        header.encode(FrameType.OPEN, 0, 1, 0, new byte[2000], 0, 2000);

        assertThatThrownBy(() -> feed(header.bytes(), 20))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("1024");
    }

    private void feed(byte[] wire, int pieceBytes) throws ProtocolViolation {
        for (int at = 0; at < wire.length; at += pieceBytes) {
            reader.read(Unpooled.wrappedBuffer(wire, at, Math.min(pieceBytes, wire.length - at)));
        }
    }

    static byte[] frame(FrameType type, int flags, int channel, int number, byte[] payload) {
        FrameHeader header = new FrameHeader();
        header.encode(type, flags, channel, number, payload, 0, payload.length);
        byte[] frame = Arrays.copyOf(header.bytes(), FrameHeader.BYTES + payload.length);
        System.arraycopy(payload, 0, frame, FrameHeader.BYTES, payload.length);
        return frame;
    }
}
