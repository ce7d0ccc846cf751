package io.selvage.master.job;

import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterAction;
import io.selvage.protocol.wire.JournalRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the {@link JobMaster}: the actions of the event at hand, and what follows once records are durable.
 *
 * <p>Records are decided on one after the other and the journal keeps that order, so {@code journaled} is at each
 * moment what the journal will say once every record on its way is durable.
 */
final class Outbox {
    /**
     * So many records are replayed at most, whoever has written them, and a snapshot is written after as many. A new
     * master reads them file by file while jobs wait for it: that is a second for every hundred on a busy cluster.
     */
    static final int RECORDS_PER_SNAPSHOT = 50;

    private final JournaledState journaled;
    private final long startedMillis;
    private final Map<AppendId, Continuation> continuations = new LinkedHashMap<>();
    private @Nullable Waiting waiting; // Null: for all that is known, the journal takes what comes.
    private List<MasterAction> actions = new ArrayList<>();
    /** What only the newest master may do: they wait for the journal to say that this is the one. */
    private List<MasterAction> guarded = new ArrayList<>();

    private long lastAppend;
    private int sinceSnapshot;
    private long nowNanos;

    /** What the journal does not take, and why. */
    private record Waiting(AppendId append, String reason) {}

    /** What goes on once the journal has answered, in the order in which it was asked. */
    private record Continuation(Runnable action, long askedNanos) {}

    /** @param startedMillis the wall clock at the master's start, which is zero in nanoseconds */
    Outbox(JournaledState journaled, long startedMillis) {
        this.journaled = journaled;
        this.sinceSnapshot = journaled.recordsSinceSnapshot();
        this.startedMillis = startedMillis;
    }

    void setTime(long newNowNanos) {
        nowNanos = newNowNanos;
    }

    long nowNanos() {
        return nowNanos;
    }

    /** The wall clock, for records and people. */
    long nowMillis() {
        return startedMillis + nowNanos / 1_000_000;
    }

    void act(MasterAction action) {
        actions.add(action);
    }

    /** Has something done that would harm a newer master, once the journal shows that there is none. */
    void actOnceLeading(MasterAction action) {
        guarded.add(action);
    }

    /** The process ends: what was to be confirmed first is left undone. */
    void exit(MasterAction.ExitProcess exit) {
        guarded.clear();
        act(exit);
    }

    void note(String line) {
        act(new MasterAction.Note(line));
    }

    /** Makes a record durable, and only then goes on. */
    void appendThen(JournalRecord journalRecord, Runnable onceDurable) {
        journaled.apply(journalRecord);
        append(journalRecord, onceDurable);
        sinceSnapshot++;
        if (sinceSnapshot >= RECORDS_PER_SNAPSHOT) {
            sinceSnapshot = 0;
            append(
                    JournalRecord.newBuilder()
                            .setSnapshot(journaled.toSnapshot())
                            .build(),
                    () -> {});
        }
    }

    /** Goes on once the journal shows that no newer master is there; answers what the journal will confirm. */
    AppendId confirmThen(Runnable onceConfirmed) {
        AppendId id = ask(onceConfirmed);
        act(new MasterAction.ConfirmLeadership(id));
        return id;
    }

    /** The record is durable: what was waiting for it goes on. */
    void onAppended(AppendId append) {
        Continuation continuation = continuations.remove(append);
        if (continuation == null) {
            throw new IllegalStateException(
                    "The journal confirms " + append + ", which is not on its way: " + continuations.keySet() + ".");
        }
        if (waiting != null && waiting.append().equals(append)) {
            waiting = null;
        }
        continuation.action().run();
    }

    /** The journal does not take what it was given. Said again and again; no more true once it has taken it. */
    void onWaits(AppendId append, String reason) {
        if (continuations.containsKey(append)) {
            waiting = new Waiting(append, reason);
        }
    }

    /** A sentence: why the journal does not take what it was given. */
    String journalTrouble() {
        return waiting == null ? "It has not answered yet: see whether HDFS does." : waiting.reason();
    }

    /** How long what was asked first has waited for it; 0: nothing waits. */
    long journalWaitNanos() {
        return continuations.isEmpty()
                ? 0
                : nowNanos - continuations.values().iterator().next().askedNanos();
    }

    List<MasterAction> take() {
        if (!guarded.isEmpty()) {
            List<MasterAction> allowed = guarded;
            guarded = new ArrayList<>();
            confirmThen(() -> actions.addAll(allowed));
        }
        List<MasterAction> taken = actions;
        actions = new ArrayList<>();
        return taken;
    }

    private void append(JournalRecord journalRecord, Runnable onceDurable) {
        act(new MasterAction.AppendToJournal(ask(onceDurable), journalRecord));
    }

    private AppendId ask(Runnable onceAnswered) {
        AppendId id = new AppendId(++lastAppend);
        continuations.put(id, new Continuation(onceAnswered, nowNanos));
        return id;
    }
}
