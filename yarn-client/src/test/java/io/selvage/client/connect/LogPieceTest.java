package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LogPieceTest {
    private static final String RUNNING = "End of LogType:master.log.This log file belongs to a running container"
            + " (container_1_1_01_000001) and so may not be complete.\n*****\n\n";

    private static byte[] answer(long length, String contents, String trailer) {
        return ("Container: container_1_1_01_000001 on host:1\nLogAggregationType: LOCAL\n=====\n"
                        + "LogType:master.log\nLogLastModifiedTime:Thu Jan 01 00:00:05 +0000 1970\nLogLength:" + length
                        + "\nLogContents:\n" + contents + trailer)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static LogPiece piece(long length, String contents) {
        return LogPiece.of(answer(length, contents, RUNNING), contents.length()).orElseThrow();
    }

    private static ContainerLogs.Tail tail(LogPiece piece, int lines) {
        return piece.tail("c", "master.log", lines);
    }

    @Test
    void whatYarnPutsAroundALogIsTakenAway() {
        LogPiece piece = piece(8, "one\ntwo\n");
        assertThat(piece.bytes()).asString(StandardCharsets.UTF_8).isEqualTo("one\ntwo\n");
        assertThat(piece.from()).isZero();
        assertThat(piece.isGrowing()).isTrue();
        assertThat(tail(piece, 5)).isEqualTo(new ContainerLogs.Tail("c", "master.log", "one\ntwo", false));
    }

    @Test
    void aLogMaySayTheSameAsWhatYarnPutsAroundIt() {
        String contents = "LogLength:3\nLogContents:\nEnd of LogType:master.log.\nmore\n";
        byte[] answer = answer(contents.length(), contents, "\nEnd of LogType:master.log\n");
        LogPiece piece = LogPiece.of(answer, 1_000).orElseThrow();
        assertThat(piece.bytes()).asString(StandardCharsets.UTF_8).isEqualTo(contents);
        assertThat(piece.length()).isEqualTo(contents.length());
        assertThat(piece.isGrowing()).isFalse();
    }

    @Test
    void onlyTheLastLinesAreShown() {
        assertThat(tail(piece(14, "one\ntwo\nthree\n"), 2))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "two\nthree", true));
        assertThat(tail(piece(12, "one\ntwo\n\nfo"), 2))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "\nfo", true));
    }

    @Test
    void aLineWhoseBeginningWasNotFetchedIsLeftOut() {
        assertThat(tail(piece(1_000, "ne\ntwo\nthree\n"), 5))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "two\nthree", true));
        assertThat(tail(piece(1_000, "all of a long line"), 5).text()).isEqualTo("all of a long line");
    }

    @Test
    void anAnswerWithoutALogIsNone() {
        for (String none : new String[] {"", "Can not find any log file matching the pattern", "LogContents:\nx"}) {
            assertThat(LogPiece.of(none.getBytes(StandardCharsets.UTF_8), 10)).isEmpty();
        }
    }

    @Test
    void anAnswerThatWasCutShortHasWhatThereIs() {
        LogPiece piece = LogPiece.of(answer(100, "only this", ""), 50).orElseThrow();
        assertThat(piece.bytes()).asString(StandardCharsets.UTF_8).isEqualTo("only this");
    }
}
