package io.selvage.client.cli;

import io.selvage.client.connect.ContainerLogs;
import io.selvage.client.connect.LogPiece;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Shows what is added to logs, from one container to the next, until there is nothing more to come. Owned by the
 * command's thread; the time is given to it.
 */
final class LogFollow {
    static final long POLL_MILLIS = 1_000;
    /** Where the containers are is asked for less often than what their logs say. */
    static final long PLACES_NANOS = 3_000_000_000L;
    /** What is away for less is not worth a line. */
    static final long TOLD_NANOS = 2_000_000_000L;
    /** How long the end of a log is waited for: when a container has ended, its node closes and collects it first. */
    static final long END_NANOS = 15_000_000_000L;

    /** What containers that go on have to say of an end is written within that time of it. */
    static final long CLOSING_NANOS = 2_000_000_000L;

    /** What may mean that somebody is away for a while. */
    private static final Set<ExitCode> ABSENCES =
            Set.of(ExitCode.NO_CLUSTER, ExitCode.SESSION_FAILED, ExitCode.REFUSED);

    private final Sight sight;
    private final String application;
    private final String file;
    private final int lines;
    private final boolean isJson;
    private final Console console;
    private final Map<String, Followed> followed = new LinkedHashMap<>();
    private final Absence cluster = new Absence();
    private final Absence containers = new Absence();
    private @Nullable String end;
    private long endNanos;
    private boolean isAnyToCome = true;
    private boolean isIncomplete;
    private boolean hasLooked;
    private long lookedNanos;
    private String heading = "";

    /** What there is to see. */
    interface Sight {
        /** Where the wanted logs are now; may fail with a {@link ClientException}. */
        Wanted wanted();

        ContainerLogs.Look onNode(Source source, int bytes);

        /** Of a session that has ended; of one that has not, there is none. */
        ContainerLogs.Look collected(Source source, int bytes);
    }

    /**
     * A log that is wanted.
     *
     * @param node the address of the pages of the container's node
     * @param isNew its container has begun while it was looked at: it is shown from its beginning
     */
    record Source(String container, String node, boolean isNew) {}

    /**
     * The logs that are wanted now.
     *
     * @param waitsFor what is waited for if there is none; part of a sentence. Empty: no other one ever comes
     * @param end why all ends now, a sentence; null: it does not
     */
    record Wanted(
            List<Source> sources, String waitsFor, @Nullable String end) {
        Wanted {
            sources = List.copyOf(sources);
        }
    }

    private static final class Followed {
        final Source source;
        final FollowedLog log;
        final Absence absence = new Absence();
        boolean isGone; // YARN does not list its container, which may be so for a while after a restart of YARN's own.
        long goneNanos;

        Followed(Source source, int lines) {
            this.source = source;
            this.log = source.isNew() ? FollowedLog.fromBeginning() : FollowedLog.fromLast(lines);
        }

        void onGone(long nowNanos) {
            if (!isGone) {
                isGone = true;
                goneNanos = nowNanos;
            }
        }
    }

    /** Somebody or something is away; told once. */
    private static final class Absence {
        private boolean isAway;
        private boolean isTold;
        private long sinceNanos;

        void onAway(String sentence, long nowNanos, Console console) {
            if (!isAway) {
                isAway = true;
                isTold = false;
                sinceNanos = nowNanos;
            }
            if (!isTold && nowNanos - sinceNanos >= TOLD_NANOS) {
                isTold = true;
                console.aside(sentence);
            }
        }

        void onBack() {
            isAway = false;
        }
    }

    LogFollow(Sight sight, String application, String file, int lines, boolean isJson, Console console) {
        this.sight = sight;
        this.application = application;
        this.file = file;
        this.lines = lines;
        this.isJson = isJson;
        this.console = console;
    }

    /**
     * Shows them until there is nothing more to come, or nobody reads on.
     *
     * @param isLeft asked again and again: whether the person has left
     */
    ExitCode untilEnd(BooleanSupplier isLeft) throws InterruptedException {
        while (!console.isUnread() && step(System.nanoTime())) {
            Thread.sleep(POLL_MILLIS);
            if (isLeft.getAsBoolean()) {
                return ExitCode.INTERRUPTED;
            }
        }
        return isIncomplete ? ExitCode.NOT_SHOWN : ExitCode.OK;
    }

    /** Looks once; answers whether something may still come. */
    boolean step(long nowNanos) {
        if (end == null && (!hasLooked || nowNanos - lookedNanos >= PLACES_NANOS)) {
            look(nowNanos);
        }
        Iterator<Followed> all = followed.values().iterator();
        while (all.hasNext()) {
            Followed each = all.next();
            if (isDone(each, nowNanos)) {
                show(each, each.log.rest());
                all.remove();
            }
        }
        if (end != null && followed.isEmpty()) {
            console.aside(end);
            return false;
        }
        return isAnyToCome || !followed.isEmpty();
    }

    private void look(long nowNanos) {
        Wanted wanted;
        try {
            wanted = sight.wanted();
        } catch (ClientException away) {
            if (!hasLooked || !ABSENCES.contains(away.exitCode())) {
                throw away;
            }
            lookedNanos = nowNanos;
            cluster.onAway(away.getMessage() + " Waiting.", nowNanos, console);
            return;
        }
        hasLooked = true;
        lookedNanos = nowNanos;
        cluster.onBack();
        end = wanted.end();
        endNanos = nowNanos;
        isAnyToCome = !wanted.waitsFor().isEmpty();
        Map<String, Source> sources = wanted.sources().stream()
                .collect(Collectors.toMap(Source::container, source -> source, (one, same) -> one, LinkedHashMap::new));
        for (Followed each : followed.values()) {
            if (sources.containsKey(each.source.container())) {
                each.isGone = false;
            } else {
                each.onGone(nowNanos);
            }
        }
        sources.values()
                .forEach(source ->
                        followed.computeIfAbsent(source.container(), container -> new Followed(source, lines)));
        if (sources.isEmpty() && isAnyToCome && end == null) {
            containers.onAway("Waiting for " + wanted.waitsFor() + ".", nowNanos, console);
        } else {
            containers.onBack();
        }
    }

    /** Shows what is new of it; answers whether that was all. */
    private boolean isDone(Followed each, long nowNanos) {
        ContainerLogs.Look look = read(each, each.log.bytesToFetch());
        @Nullable LogPiece piece = look.piece();
        if (piece != null) {
            int missing = each.log.bytesMissing(piece);
            if (missing > 0) {
                @Nullable LogPiece further = read(each, missing).piece();
                if (further != null) {
                    piece = further;
                }
            }
            each.absence.onBack();
            show(each, each.log.onPiece(piece));
            boolean isEnd = each.isGone ? !piece.isGrowing() : end != null && nowNanos - endNanos >= CLOSING_NANOS;
            return isEnd || end != null && isOverdue(each, nowNanos);
        }
        ClientException absent = ContainerLogs.notShown(application, each.source.container(), look.reason());
        if (look.isForGood()) {
            throw absent;
        }
        if (isOverdue(each, nowNanos)) {
            console.aside("The end of it is missing. " + absent.getMessage());
            isIncomplete = true;
            return true;
        }
        each.absence.onAway(
                "The log of " + each.source.container() + " can't be had now: " + look.reason() + ". Waiting.",
                nowNanos,
                console);
        return false;
    }

    private boolean isOverdue(Followed each, long nowNanos) {
        long sinceNanos = each.isGone ? each.goneNanos : endNanos;
        return (each.isGone || end != null) && nowNanos - sinceNanos >= END_NANOS;
    }

    /** When the session has ended, its nodes give its logs away sooner or later. */
    private ContainerLogs.Look read(Followed each, int bytes) {
        ContainerLogs.Look look = sight.onNode(each.source, bytes);
        if (look.piece() != null || look.isForGood() || end == null) {
            return look;
        }
        ContainerLogs.Look collected = collected(each, bytes);
        // Collected in several parts, it is not one log to go on with.
        @Nullable LogPiece piece = collected.piece();
        return piece == null || piece.length() < each.log.shown() ? look : collected;
    }

    private ContainerLogs.Look collected(Followed each, int bytes) {
        try {
            return sight.collected(each.source, bytes);
        } catch (ClientException away) {
            if (away.exitCode() == ExitCode.INTERRUPTED) {
                throw away;
            }
            return ContainerLogs.Look.failed(String.valueOf(away.getMessage()));
        }
    }

    private void show(Followed each, List<String> fresh) {
        if (fresh.isEmpty()) {
            return;
        }
        String container = each.source.container();
        if (isJson) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("container_id", container);
            json.put("file", file);
            json.put("lines", fresh);
            console.result(Json.write(json));
            return;
        }
        List<String> text = new ArrayList<>();
        boolean isAlone = heading.isEmpty() && followed.size() == 1 && !each.source.isNew();
        if (!container.equals(heading) && !isAlone) {
            text.add("==> " + container + " " + file + " <==");
        }
        heading = container;
        text.addAll(fresh);
        console.result(String.join("\n", text));
    }
}
