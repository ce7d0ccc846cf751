package io.selvage.minicluster.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AccountsOracleTest {
    private static final int READERS = 2;
    private static final long KEYS = 5;
    private static final long END = 50;

    @Test
    void rightOutputIsRightInWhicheverOrderReadersMeet() {
        assertThat(verdict(output(false)).isRight()).isTrue();
        assertThat(verdict(output(true)).isRight()).isTrue();
    }

    @Test
    void lostLineIsFound() {
        List<String> lines = output(false);
        lines.remove(lines.size() - 1);
        AccountsOracle.Verdict verdict = verdict(lines);
        assertThat(verdict.isRight()).isFalse();
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.wrong()).anyMatch(sentence -> sentence.contains("lost"));
    }

    @Test
    void repeatedLineIsFound() {
        List<String> lines = output(false);
        lines.add(lines.get(7));
        assertThat(verdict(lines).repeated()).isEqualTo(1);
    }

    @Test
    void stateThatCountedARecordTwiceIsFound() {
        List<String> lines = output(false);
        String line = lines.get(12);
        int comma = line.lastIndexOf(',');
        lines.set(12, line.substring(0, comma + 1) + (Long.parseLong(line.substring(comma + 1)) + 1));
        assertThat(verdict(lines).miscounted()).isEqualTo(1);
    }

    @Test
    void recordThatNeverArrivedIsFound() {
        List<String> lines = output(false);
        lines.add("3,0," + END + ",1,1");
        assertThat(verdict(lines).foreign()).isEqualTo(1);
    }

    private static AccountsOracle.Verdict verdict(List<String> lines) {
        AccountsOracle oracle = new AccountsOracle(READERS, KEYS, END);
        lines.forEach(oracle::add);
        return oracle.verdict();
    }

    /** What a job puts out that reads the readers in turn, or one after the other. */
    private static List<String> output(boolean oneAfterTheOther) {
        List<String> lines = new ArrayList<>();
        Map<Long, long[]> accounts = new HashMap<>();
        for (int i = 0; i < READERS * END; i++) {
            int reader = oneAfterTheOther ? i / (int) END : i % READERS;
            long sequence = oneAfterTheOther ? i % END : i / READERS;
            long key = Arrivals.key(reader, sequence, READERS, KEYS, 0);
            long[] account = accounts.computeIfAbsent(key, none -> new long[2]);
            account[0]++;
            account[1] += Arrivals.amount(reader, sequence);
            lines.add(key + "," + reader + "," + sequence + "," + account[0] + "," + account[1]);
        }
        return lines;
    }
}
