package io.selvage.master.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What strangers may send to the status port: 99,500 inputs, each made of a seed of its own, without a socket: over
 * sockets others are sent by MasterOverTheWireTest and {@link StatusServerFuzzTest}. A failure names the seed;
 * {@code -Dselvage.fuzz.seed=N} begins with that one.
 */
@Timeout(120)
class HttpFuzzTest {
    private static final long FIRST_SEED = Long.getLong("selvage.fuzz.seed", 1);
    private static final int INPUTS = 99_500;
    private static final String SOUND =
            "GET /api/jobs?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\nX-Empty:\r\n\r\n";

    @Test
    void aSoundRequestIsUnderstoodWhateverFollowsIt() throws HttpRequest.Malformed {
        byte[] bytes = (SOUND + "and a body").getBytes(StandardCharsets.US_ASCII);
        int end = HttpRequest.end(bytes, bytes.length);
        assertThat(end).isEqualTo(SOUND.length());
        assertThat(HttpRequest.end(bytes, end - 1)).as("not whole").isZero();
        assertThat(HttpRequest.parse(bytes, end)).isEqualTo(new HttpRequest("GET", "/api/jobs"));
    }

    @Test
    void whatIsNoRequestIsRefused() {
        for (String line : new String[] {
            "",
            "GET",
            "GET / HTTP/2.0",
            "get / HTTP/1.1",
            "GET  / HTTP/1.1",
            "GET http://x/ HTTP/1.1",
            "GET /\u0001 HTTP/1.1"
        }) {
            assertMalformed(line + "\r\n\r\n");
        }
        assertMalformed("GET / HTTP/1.1\r\nno header\r\n\r\n");
        assertMalformed("GET / HTTP/1.1\r\n: nameless\r\n\r\n");
        assertMalformed("GET / HTTP/1.1\r\nA: split\n\r\n\r\n");
    }

    @Test
    void anythingIsEitherUnderstoodOrRefused() {
        int understood = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + INPUTS; seed++) {
            byte[] bytes = input(new Random(seed));
            try {
                int end = HttpRequest.end(bytes, bytes.length);
                if (end < 0 || end > bytes.length) {
                    throw new IllegalStateException("it ends at " + end + " of " + bytes.length);
                }
                if (end > 0) {
                    HttpRequest request = HttpRequest.parse(bytes, end);
                    understood++;
                    if (!request.path().startsWith("/")
                            || request.path().chars().anyMatch(c -> c <= ' ' || c > '~')) {
                        throw new IllegalStateException("the path is " + request.path());
                    }
                }
            } catch (HttpRequest.Malformed refused) {
                assertThat(refused.status()).isEqualTo(400);
            } catch (RuntimeException unexpected) {
                throw new AssertionError("Seed " + seed, unexpected);
            }
        }
        assertThat(understood).as("some are damaged where it does not matter").isBetween(INPUTS / 100, INPUTS / 2);
    }

    private static byte[] input(Random random) {
        byte[] sound = SOUND.getBytes(StandardCharsets.US_ASCII);
        switch (random.nextInt(4)) {
            case 0 -> {
                byte[] bytes = new byte[random.nextInt(HttpRequest.MAX_BYTES)];
                random.nextBytes(bytes);
                return bytes;
            }
            case 1 -> {
                return Arrays.copyOf(sound, random.nextInt(sound.length));
            }
            case 2 -> { // A sound beginning, and then garbage with an end.
                byte[] bytes = Arrays.copyOf(sound, random.nextInt(sound.length) + random.nextInt(500) + 4);
                for (int i = random.nextInt(bytes.length); i < bytes.length; i++) {
                    bytes[i] = (byte) random.nextInt();
                }
                System.arraycopy("\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 0, bytes, bytes.length - 4, 4);
                return bytes;
            }
            default -> {
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                    sound[random.nextInt(sound.length)] ^= (byte) (1 << random.nextInt(8));
                }
                return sound;
            }
        }
    }

    private static void assertMalformed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> HttpRequest.parse(bytes, HttpRequest.end(bytes, bytes.length)))
                .as(text)
                .isInstanceOf(HttpRequest.Malformed.class);
    }
}
