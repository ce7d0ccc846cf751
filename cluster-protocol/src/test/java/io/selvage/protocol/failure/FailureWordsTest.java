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
}
