package io.selvage.client.cli;

import io.selvage.checkpoint.orphan.Findings;
import io.selvage.checkpoint.orphan.Orphan;
import io.selvage.checkpoint.orphan.OrphanSearch;
import io.selvage.checkpoint.orphan.SharedRuntimeSearch;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.SessionConfig;
import java.io.IOException;
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
    private static final Option SHARED = Option.builder()
            .longOpt("shared")
            .desc("look at runtimes for all users: the directory is that of selvage share; by default that of "
                    + SessionConfig.LIBRARY_ROOT.name())
            .get();
    private static final List<String> HEADINGS = List.of("SIZE", "LAST WRITTEN (UTC)", "PATH", "WHY");

    @Override
    public String name() {
        return "selvage fsck";
    }

    @Override
    public String synopsis() {
        return "[options] [STATE_ROOT | --shared [DIRECTORY]]";
    }

    @Override
    public String summary() {
        return "find files in a state root that nothing needs any more";
    }

    @Override
    public String details() {
        return "Without a state root, the one of your settings, and the runtimes for all users of "
                + SessionConfig.LIBRARY_ROOT.name() + ";\n"
                + "with the directory of that setting, these alone; with --session, what is that session's. What a living\n"
                + "master may be writing, what retained checkpoints or living sessions need, libraries that a session\n"
                + "has taken within a week, and savepoints are never named. Docs: docs/operations.md.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(SHARED)
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
        boolean isShared = arguments.has(SHARED);
        String named =
                arguments.rest().isEmpty() ? null : arguments.only(isShared ? "one directory" : "one state root");
        String session = arguments.valueOf(Arguments.SESSION);
        if (session != null && (named != null || isShared)) {
            throw arguments.usage("it takes a state root, --shared or --session, and no two of them.");
        }
        Where where = new Where(named, session, isShared);
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
            List<Candidate> found = search(client, host, where, console);
            if (!isJson) {
                console.result(inWords(found.stream().map(Candidate::orphan).toList()));
            }
            List<Candidate> ours = found.stream().filter(Candidate::isOurs).toList();
            boolean isWanted = deletes
                    && !ours.isEmpty()
                    && (!asks || console.ask("Delete " + Words.times(ours.size(), "orphan") + "? [y/N] "));
            List<Map<String, Object>> results = new ArrayList<>();
            for (Candidate each : found) {
                boolean isDeleted = isWanted && each.isOurs() && delete(each, console);
                results.add(json(each, isDeleted));
            }
            if (isJson) {
                console.result(Json.write(results));
            } else if (isWanted) {
                long deleted = results.stream()
                        .filter(each -> Boolean.TRUE.equals(each.get("deleted")))
                        .count();
                console.result(Words.times(deleted, "orphan") + " deleted.");
            } else if (!deletes && !ours.isEmpty()) {
                console.result("Delete " + (ours.size() == found.size() ? "them" : "those that are yours")
                        + " with: selvage fsck" + (isShared ? " --shared" : "") + (named == null ? "" : " " + named)
                        + " --delete");
            }
            return ExitCode.OK;
        }
    }

    @FunctionalInterface
    private interface Deletion {
        /** False: it was not, as it has changed or is needed now. */
        boolean perform() throws IOException;
    }

    /**
     * What can go.
     *
     * @param owner of what is there for all users; empty: it is in the state root
     * @param isOurs this user may delete it
     */
    private record Candidate(Orphan orphan, String owner, boolean isOurs, Deletion deletion) {}

    /**
     * What the user has asked for.
     *
     * @param named a directory; null: that of the settings
     * @param session null: none
     * @param isShared the directory is one of runtimes for all users
     */
    private record Where(@Nullable String named, @Nullable String session, boolean isShared) {}

    /** Also says what could not be judged. */
    private static List<Candidate> search(SelvageClient client, Host host, Where where, Console console) {
        List<Candidate> found = new ArrayList<>();
        String libraryRoot = host.settings().get(SessionConfig.LIBRARY_ROOT);
        if (where.isShared()) {
            if (where.named() == null && libraryRoot.isEmpty()) {
                throw new ClientException(
                        ExitCode.USAGE,
                        "fsck --shared needs a directory: " + SessionConfig.LIBRARY_ROOT.name() + " is not set.");
            }
            return searchShared(client, where.named() == null ? libraryRoot : where.named(), console);
        }
        String stateRoot =
                where.named() != null ? where.named() : host.settings().get(SessionConfig.STATE_ROOT);
        Scope scope = where.session() != null ? Scope.of(client, where.session()) : new Scope(stateRoot, null);
        OrphanSearch search = client.orphans(scope.stateRoot());
        Findings findings = Hdfs.read(nameOf(scope.stateRoot()), ExitCode.DAMAGED, search::find);
        findings.notes().forEach(console::say);
        findings.orphans().stream()
                .filter(scope::includes)
                .map(orphan -> new Candidate(orphan, "", true, () -> search.delete(orphan)))
                .forEach(found::add);
        boolean isAll = where.named() == null && where.session() == null;
        if (isAll && !libraryRoot.isEmpty() && !client.isSamePath(libraryRoot, stateRoot)) {
            try {
                found.addAll(searchShared(client, libraryRoot, console));
            } catch (ClientException unseen) { // It may be no business of this user's.
                console.say("No runtime in " + libraryRoot + " is named: " + unseen.getMessage());
            }
        }
        return found;
    }

    private static List<Candidate> searchShared(SelvageClient client, String libraryRoot, Console console) {
        SharedRuntimeSearch search = client.sharedRuntimes(libraryRoot);
        SharedRuntimeSearch.Found found = Hdfs.read(libraryRoot, ExitCode.DAMAGED, search::find);
        found.notes().forEach(console::say);
        return found.unused().stream()
                .map(each -> new Candidate(each.orphan(), each.owner(), each.isOurs(), () -> search.delete(each)))
                .toList();
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

    private static boolean delete(Candidate candidate, Console console) {
        String path = candidate.orphan().path();
        boolean isDeleted = Hdfs.read(path, ExitCode.DAMAGED, candidate.deletion()::perform);
        if (!isDeleted) {
            console.say(path + " is left: it has changed, or is needed now.");
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

    private static Map<String, Object> json(Candidate candidate, boolean isDeleted) {
        Orphan orphan = candidate.orphan();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("path", orphan.path());
        json.put("directory", orphan.isDirectory());
        json.put("bytes", orphan.bytes());
        json.put("modified_millis", orphan.modifiedMillis());
        json.put("why", orphan.why());
        if (!candidate.owner().isEmpty()) {
            json.put("owner", candidate.owner());
        }
        json.put("deleted", isDeleted);
        return json;
    }
}
