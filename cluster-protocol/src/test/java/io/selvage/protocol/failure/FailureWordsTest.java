package io.selvage.protocol.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class FailureWordsTest {
    @Test
    void aServersStackIsNotToldWithItsWords() {
        IOException full =
                new IOException("File /a could only be written to 0 of 1 nodes\n\tat Server.call(Server.java)");
        assertThat(FailureWords.firstLine(full)).isEqualTo("File /a could only be written to 0 of 1 nodes");
        assertThat(FailureWords.sentence(full)).isEqualTo("File /a could only be written to 0 of 1 nodes.");
        assertThat(FailureWords.sentence(new IOException("\nSafe mode is on.\nIt ends.")))
                .isEqualTo("Safe mode is on.");
    }

    @Test
    void whatSaysNothingItselfIsToldByItsCauses() {
        IOException silent = new IOException(null, new IOException(" ", new IOException("refused")));
        assertThat(FailureWords.sentence(silent)).isEqualTo("refused.");
        assertThat(FailureWords.sentence(new InterruptedException())).isEqualTo("InterruptedException.");
        assertThat(FailureWords.firstLine("")).isEqualTo("no reason is given");
    }

    @Test
    void causesThatGoRoundInACircleHaveAnEnd() {
        IOException one = new IOException((String) null);
        IOException other = new IOException(null, one);
        one.initCause(other);
        assertThat(FailureWords.sentence(one)).isEqualTo("IOException.");
    }

    /** Wherever in a failure it is: of a file, or of a connection. */
    @Test
    void aLimitOfOpenFilesIsToldOnceWithWhatToDo() {
        IOException unconnected =
                new IOException("host-2:9866 can't be reached", new IOException("Too many open files"));
        String told = FailureWords.sentence(unconnected);
        assertThat(told)
                .startsWith("host-2:9866 can't be reached. That is because this process may have no more files open")
                .endsWith(OpenFileLimit.OF_PROCESS.remedy());
        assertThat(FailureWords.withLimit(told, unconnected)).isEqualTo(told);
        assertThat(FailureWords.withLimit("refused", new IOException("refused")))
                .isEqualTo("refused");
        IOException ofServer =
                new IOException("Too many open files\n\tat java.base/java.io.FileInputStream.open0(Native)");
        assertThat(FailureWords.sentence(ofServer)).isEqualTo("Too many open files.");
    }
}
