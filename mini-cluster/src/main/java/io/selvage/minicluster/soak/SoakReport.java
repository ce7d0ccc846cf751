package io.selvage.minicluster.soak;

import io.selvage.minicluster.workload.AccountsOracle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a soak has ended.
 *
 * @param blows how many of each kind
 * @param notBack faults after which the job was not back within the patience
 * @param slowestMillis the longest time from a fault to the next complete checkpoint
 * @param leftPending files below the output that are neither committed nor to be expected
 * @param leftRunning processes of containers after the session's end
 * @param stateLeft whether the session's directory is still there
 */
public record SoakReport(
        AccountsOracle.Verdict verdict,
        Map<String, Integer> blows,
        int notBack,
        long slowestMillis,
        long restarts,
        long epochs,
        long leftPending,
        long leftRunning,
        boolean stateLeft) {

    public boolean isRight() {
        return verdict.isRight() && notBack == 0 && leftPending == 0 && leftRunning == 0 && !stateLeft;
    }

    /** The invariants, one line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("faults: " + blows + "; " + restarts + " restarts, " + epochs + " masters; slowest return "
                + slowestMillis + " ms");
        lines.add(line(verdict.miscounted() + verdict.foreign(), "each key's output is the sequential oracle's"));
        lines.add(line(verdict.lost(), "no record is lost (" + verdict.lines() + " lines)"));
        lines.add(line(verdict.repeated(), "no record is in the output twice"));
        lines.add(line(verdict.disordered(), "records of a reader do not overtake each other at a key"));
        lines.add(line(leftPending, "nothing but committed files is left in the output"));
        lines.add(line(notBack, "the job came back from every fault"));
        lines.add(line(leftRunning, "no process is left after the session"));
        lines.add(line(stateLeft ? 1 : 0, "no file of the session is left in HDFS"));
        verdict.wrong().forEach(wrong -> lines.add("       " + wrong));
        return lines;
    }

    private static String line(long violations, String invariant) {
        return violations == 0 ? "holds  " + invariant : "BROKEN " + invariant + ": " + violations + " times";
    }
}
