package io.selvage.client.cli;

import io.selvage.client.doctor.Doctor;
import io.selvage.client.doctor.Finding;
import io.selvage.client.doctor.Finding.Verdict;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.cli.Options;

/** Looks whether this host and the cluster are fit for sessions. */
final class DoctorCommand implements Command {
    private static final String LINE = "%-7s  %-22s  %s";

    @Override
    public String name() {
        return "selvage doctor";
    }

    @Override
    public String synopsis() {
        return "[options]";
    }

    @Override
    public String summary() {
        return "look whether this host and the cluster are fit, and say what to do if not";
    }

    @Override
    public String details() {
        return "Java, settings, Hadoop configuration, HDFS and the state root, the queue, sizes of containers, attempts,\n"
                + "memory checks, clocks, leftovers. It goes on after a failed check, needs no session, and leaves nothing\n"
                + "behind. With -D, as a session with these settings would be opened. Exit code 16: there is a problem.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SETTING).addOption(Arguments.JSON);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        boolean isJson = arguments.has(Arguments.JSON);
        List<Finding> findings = new ArrayList<>();
        Doctor doctor = new Doctor(host.home(), host.userDirectory(), host.environment(), finding -> {
            findings.add(finding);
            if (!isJson) {
                console.result(inWords(finding));
            }
        });
        doctor.examine(() -> arguments.settings(host.settings(), Scope.SESSION));
        if (isJson) {
            console.result(Json.write(json(findings)));
        } else {
            console.result("");
            console.result(summary(findings));
        }
        return count(findings, Verdict.PROBLEM) == 0 ? ExitCode.OK : ExitCode.UNFIT;
    }

    static String inWords(Finding finding) {
        return String.format(
                Locale.ROOT, LINE, finding.verdict().name().toLowerCase(Locale.ROOT), finding.check(), finding.text());
    }

    static String summary(List<Finding> findings) {
        long problems = count(findings, Verdict.PROBLEM);
        long warnings = count(findings, Verdict.WARNING);
        if (problems > 0) {
            return Words.times(problems, "problem") + " and " + Words.times(warnings, "warning")
                    + ": no session can be opened, or none is safe, before the problems are gone.";
        }
        return warnings > 0 ? "Fit for sessions, with " + Words.times(warnings, "warning") + "." : "Fit for sessions.";
    }

    private static long count(List<Finding> findings, Verdict verdict) {
        return findings.stream().filter(finding -> finding.verdict() == verdict).count();
    }

    static Map<String, Object> json(List<Finding> findings) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fit", count(findings, Verdict.PROBLEM) == 0);
        json.put("problems", count(findings, Verdict.PROBLEM));
        json.put("warnings", count(findings, Verdict.WARNING));
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("check", finding.check());
            row.put("verdict", finding.verdict().name());
            row.put("text", finding.text());
            rows.add(row);
        }
        json.put("findings", rows);
        return json;
    }
}
