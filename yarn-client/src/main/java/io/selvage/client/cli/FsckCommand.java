package io.selvage.client.cli;

import io.selvage.checkpoint.orphan.Findings;
import io.selvage.checkpoint.orphan.Orphan;
import io.selvage.checkpoint.orphan.OrphanSearch;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.SessionConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Finds what nothing needs any more in a state root, and deletes it if told to. */
final class FsckCommand implements Command {
    private static final Option DELETE = Option.builder()
            .longOpt("delete")
            .desc("delete what is found, after a question")
            .get();
    private static final List<String> HEADINGS = List.of("SIZE", "LAST WRITTEN (UTC)", "PATH", "WHY");

    @Override
    public String name() {
        return "selvage fsck";
    }

    @Override
    public String synopsis() {
        return "[options] [STATE_ROOT]";
    }

    @Override
    public String summary() {
        return "find files in a state root that nothing needs any more";
    }

    @Override
    public String details() {
        return "Without a state root, the one of your settings; with --session, what is that session's. What a living\n"
                + "master may be writing, what retained checkpoints or living sessions need, libraries that a session\n"
                + "has taken within a week, and savepoints are never named. Docs: docs/operations.md.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(DELETE)
                .addOption(Arguments.YES)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String named = arguments.rest().isEmpty() ? null : arguments.only("one state root");
        String session = arguments.valueOf(Arguments.SESSION);
        if (named != null && session != null) {
            throw arguments.usage("it takes a state root or --session, and not both.");
        }
        boolean deletes = arguments.has(DELETE);
        boolean asks = deletes && !arguments.has(Arguments.YES);
        if (asks && !console.canAsk()) {
            throw new ClientException(
                    ExitCode.USAGE,
                    "fsck --delete asks before it deletes, and nobody can be asked here. See what it finds without"
                            + " --delete; then say --yes if all of that is to go.");
        }
        boolean isJson = arguments.has(Arguments.JSON);
        try (SelvageClient client = host.connect(console)) {
            Scope scope = session != null
                    ? Scope.of(client, session)
                    : new Scope(named != null ? named : host.settings().get(SessionConfig.STATE_ROOT), null);
            String stateRoot = scope.stateRoot();
            OrphanSearch search = client.orphans(stateRoot);
            Findings findings = Hdfs.read(nameOf(stateRoot), ExitCode.DAMAGED, search::find);
            findings.notes().forEach(console::say);
            List<Orphan> orphans =
                    findings.orphans().stream().filter(scope::includes).toList();
            if (!isJson) {
                console.result(inWords(orphans));
            }
            boolean isWanted = deletes
                    && !orphans.isEmpty()
                    && (!asks || console.ask("Delete " + Words.times(orphans.size(), "orphan") + "? [y/N] "));
            List<Map<String, Object>> results = new ArrayList<>();
            for (Orphan orphan : orphans) {
                boolean isDeleted = isWanted && delete(search, orphan, console);
                results.add(json(orphan, isDeleted));
            }
            if (isJson) {
                console.result(Json.write(results));
            } else if (isWanted) {
                long deleted = results.stream()
                        .filter(each -> Boolean.TRUE.equals(each.get("deleted")))
                        .count();
                console.result(Words.times(deleted, "orphan") + " deleted.");
            } else if (!deletes && !orphans.isEmpty()) {
                console.result("Delete them with: selvage fsck --delete");
            }
            return ExitCode.OK;
        }
    }

    /**
     * Where to look.
     *
     * @param applicationId what is that session's alone; null: all
     */
    private record Scope(String stateRoot, @Nullable String applicationId) {
        static Scope of(SelvageClient client, String named) {
            try (Session session = client.session(named)) {
                return new Scope(session.stateRoot(), session.applicationId());
            }
        }

        boolean includes(Orphan orphan) {
            return applicationId == null || (orphan.path() + "/").contains("/" + applicationId + "/");
        }
    }

    private static String nameOf(String stateRoot) {
        return stateRoot.isEmpty() ? "The state root .selvage in your home directory" : stateRoot;
    }

    private static boolean delete(OrphanSearch search, Orphan orphan, Console console) {
        boolean isDeleted = Hdfs.read(orphan.path(), ExitCode.DAMAGED, () -> search.delete(orphan));
        if (!isDeleted) {
            console.say(orphan.path() + " is left: it has changed, or is needed now.");
        }
        return isDeleted;
    }

    static String inWords(List<Orphan> orphans) {
        if (orphans.isEmpty()) {
            return "There is nothing that is not needed.";
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (Orphan orphan : orphans) {
            rows.add(List.of(
                    Words.bytes(orphan.bytes()), Words.time(orphan.modifiedMillis()), orphan.path(), orphan.why()));
        }
        long bytes = orphans.stream().mapToLong(Orphan::bytes).sum();
        return Table.of(rows) + "\n" + Words.times(orphans.size(), "orphan") + ", " + Words.bytes(bytes) + ".";
    }

    private static Map<String, Object> json(Orphan orphan, boolean isDeleted) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("path", orphan.path());
        json.put("directory", orphan.isDirectory());
        json.put("bytes", orphan.bytes());
        json.put("modified_millis", orphan.modifiedMillis());
        json.put("why", orphan.why());
        json.put("deleted", isDeleted);
        return json;
    }
}
