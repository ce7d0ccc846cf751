package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.connect.LogPiece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FollowedLogTest {
    /** The last bytes of a log, as a node answers. */
    static LogPiece end(byte[] log, int asked) {
        return new LogPiece(Arrays.copyOfRange(log, Math.max(0, log.length - asked), log.length), log.length, true);
    }

    private static LogPiece end(String log) {
        return end(log.getBytes(StandardCharsets.UTF_8), Integer.MAX_VALUE);
    }

    @Test
    void itBeginsWithTheLastLinesAndGoesOnWithWhatIsNew() {
        FollowedLog log = FollowedLog.fromLast(2);
        assertThat(log.onPiece(end("one\ntwo\nthree\n"))).containsExactly("two", "three");
        assertThat(log.onPiece(end("one\ntwo\nthree\n"))).isEmpty();
        assertThat(log.onPiece(end("one\ntwo\nthree\nfo"))).as("no line yet").isEmpty();
        assertThat(log.onPiece(end("one\ntwo\nthree\nfour\nfive\n"))).containsExactly("four", "five");
        assertThat(log.rest()).isEmpty();
    }

    @Test
    void aNewLogIsShownFromItsBeginningAndALastLineToo() {
        FollowedLog log = FollowedLog.fromBeginning();
        assertThat(log.onPiece(end("one\r\ntwo\nno end"))).containsExactly("one", "two");
        assertThat(log.rest()).containsExactly("no end");
        assertThat(log.rest()).isEmpty();
    }

    @Test
    void aLogThatBeginsAnewIsSaidToAndShown() {
        FollowedLog log = FollowedLog.fromBeginning();
        assertThat(log.onPiece(end("one\ntwo\nhal"))).containsExactly("one", "two");
        assertThat(log.onPiece(end("new\n"))).containsExactly("hal", "[The log has begun anew.]", "new");
    }

    @Test
    void whatGrowsFasterThanItCanBeFetchedHasAGapThatIsSaid() {
        FollowedLog log = FollowedLog.fromBeginning();
        assertThat(log.onPiece(end("one\n"))).containsExactly("one");
        byte[] grown = ("one\n" + "x".repeat(2_000) + "\nlast\n").getBytes(StandardCharsets.UTF_8);
        assertThat(log.onPiece(end(grown, 10))).containsExactly("[1.9 KiB are left out.]", "last");
    }

    @Test
    void moreIsFetchedIfAGlanceDoesNotReachBack() {
        FollowedLog log = FollowedLog.fromLast(1);
        log.onPiece(end("one\n"));
        byte[] grown = new byte[100_004];
        LogPiece glance = end(grown, log.bytesToFetch());
        int missing = log.bytesMissing(glance);
        assertThat(missing).isBetween(100_000, 200_000);
        assertThat(log.bytesMissing(end(grown, missing))).isZero();
        byte[] huge = new byte[2 * FollowedLog.MOST_BYTES];
        assertThat(log.bytesMissing(end(huge, log.bytesToFetch()))).isEqualTo(FollowedLog.MOST_BYTES);
        assertThat(log.bytesMissing(end(huge, FollowedLog.MOST_BYTES)))
                .as("that is the most")
                .isZero();
    }

    @Test
    void aLineWithoutAnEndTakesNoMemoryWithoutBound() {
        FollowedLog log = FollowedLog.fromBeginning();
        byte[] endless = new byte[3 * FollowedLog.LONGEST_LINE + 5];
        Arrays.fill(endless, (byte) 'x');
        assertThat(log.onPiece(end(endless, endless.length)))
                .hasSize(3)
                .allMatch(part -> part.length() == FollowedLog.LONGEST_LINE);
        assertThat(log.rest()).containsExactly("xxxxx");
    }

    /** Whatever is written between two looks, also in the midst of a character. */
    @Test
    void everyLineIsShownOnceHoweverItGrows() {
        for (int seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder text = new StringBuilder();
            for (int line = 0; line < 400; line++) {
                text.append(line)
                        .append(" \u00e9\u4e16".repeat(random.nextInt(40)))
                        .append('\n');
            }
            byte[] all = text.toString().getBytes(StandardCharsets.UTF_8);
            FollowedLog log = FollowedLog.fromBeginning();
            List<String> shown = new ArrayList<>();
            for (int length = 0; length < all.length; ) {
                length = Math.min(all.length, length + 1 + random.nextInt(40_000));
                byte[] now = Arrays.copyOf(all, length);
                LogPiece piece = end(now, log.bytesToFetch());
                int missing = log.bytesMissing(piece);
                shown.addAll(log.onPiece(missing == 0 ? piece : end(now, missing)));
            }
            shown.addAll(log.rest());
            assertThat(shown)
                    .as("seed " + seed)
                    .containsExactlyElementsOf(text.toString().lines().toList());
        }
    }
}
