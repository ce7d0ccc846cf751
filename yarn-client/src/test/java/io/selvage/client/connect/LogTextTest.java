package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogTextTest {
    private static String answer(int length, String contents) {
        return "Container: container_1_1_01_000001 on host:1\nLogAggregationType: LOCAL\n=====\n"
                + "LogType:master.log\nLogLastModifiedTime:Thu Jan 01 00:00:05 +0000 1970\nLogLength:" + length
                + "\nLogContents:\n" + contents + "End of LogType:master.log.This log file belongs to a running"
                + " container (container_1_1_01_000001) and so may not be complete.\n*****\n\n";
    }

    @Test
    void whatYarnPutsAroundALogIsTakenAway() {
        LogText log = LogText.of(answer(8, "one\ntwo\n"), "master.log").orElseThrow();
        assertThat(log).isEqualTo(new LogText("one\ntwo\n", true));
        assertThat(log.tail("c", "master.log", 5))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "one\ntwo", false));
    }

    @Test
    void onlyTheLastLinesAreShown() {
        LogText log = LogText.of(answer(14, "one\ntwo\nthree\n"), "master.log").orElseThrow();
        assertThat(log.tail("c", "master.log", 2))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "two\nthree", true));
    }

    @Test
    void aLineWhoseBeginningWasNotFetchedIsLeftOut() {
        LogText log =
                LogText.of(answer(1_000, "ne\ntwo\nthree\n"), "master.log").orElseThrow();
        assertThat(log.tail("c", "master.log", 5))
                .isEqualTo(new ContainerLogs.Tail("c", "master.log", "two\nthree", true));
    }

    @Test
    void anAnswerWithoutALogIsNone() {
        assertThat(LogText.of("", "master.log")).isEmpty();
        assertThat(LogText.of("Can not find any log file matching the pattern", "master.log"))
                .isEmpty();
    }
}
