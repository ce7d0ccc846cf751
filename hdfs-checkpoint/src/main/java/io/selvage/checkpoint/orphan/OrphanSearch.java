package io.selvage.checkpoint.orphan;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.selvage.checkpoint.history.ApplicationHistory;
import io.selvage.checkpoint.history.RetainedCheckpoints;
import io.selvage.checkpoint.journal.JournalDamagedException;
import io.selvage.checkpoint.library.LibraryMarks;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.SessionSpec;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Owned by one thread; each call blocks on the file system and the ResourceManager. Finds in a state root what nothing
 * that is retained needs any more, and deletes it one by one.
 *
 * <p><b>What a living master writes is never named.</b> Of its jobs' checkpoints only those are that its own sweep
 * deletes: older than the newest one of the journal, and not what that keeps. A checkpoint that is under way has a
 * higher number than the newest of the journal; what is on its way to a name is young; and so is the directory of a job
 * whose submission the journal does not hold yet. The listing is made before the journal is read, and what a journal
 * once does not keep it never keeps again, so what was listed and is not kept is not needed later either. An
 * application that the ResourceManager does not know may be another cluster's: as long as anything in its directory is
 * young, a master lives there, as each renews its sign of life every few seconds. One that has never had a master has
 * no such sign, and may wait in its queue: it has longer.
 *
 * <p><b>What is needed elsewhere is never named.</b> A job that goes on from a checkpoint which another one has left
 * needs that until it has one of its own. All journals are therefore read before anything is judged, and if that of an
 * application which may live can't be, nothing is.
 *
 * <p><b>A library that is about to be used is never deleted.</b> What takes one from the store marks it used before
 * anything else says so, and one is named only a week after that. Whoever takes it while it is being deleted sees that,
 * or is seen ({@link LibraryMarks}).
 */
public final class OrphanSearch {
    /** Anything younger may be on its way: a master tries for 10 minutes to write a record, a client less. */
    static final Duration LEAST_AGE = Duration.ofHours(1);
    /** A savepoint takes as long as its job's time-out allows, twice at most: to begin, and to be taken. */
    static final Duration LEAST_SAVEPOINT_AGE = Duration.ofHours(24);

    /** For so long an application that the ResourceManager does not know may wait elsewhere for its first master. */
    static final Duration LEAST_WAITING_AGE = Duration.ofHours(24);

    /**
     * Whatever takes a library says in its journal, or in what it gives its master, that it has it, and within minutes.
     * So long it is kept for the next session.
     */
    static final Duration LEAST_LIBRARY_AGE = Duration.ofDays(7);

    static final int SAVEPOINT_TIMEOUTS = 2;
    /** What was found so recently is as good as found now: all that is judged by age is older by far. */
    private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Pattern LIBRARY = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern APPLICATION = Pattern.compile("application_\\d+_\\d+");
    private static final String DATA_SUFFIX = ".data";

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final LibraryMarks libraryMarks;
    private final ResourceManagerView resourceManager;
    private Findings newest = new Findings(List.of(), List.of());
    private Map<String, Library> newestLibraries = Map.of();
    private long newestNanos;
    private boolean hasSearched;

    /** @param store rooted at the state root */
    public OrphanSearch(DurableStore store, ResourceManagerView resourceManager) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.libraryMarks = new LibraryMarks(store);
        this.resourceManager = resourceManager;
    }

    /**
     * Looks at all of the state root.
     *
     * @throws FileNotFoundException if there is none, with a sentence
     */
    public Findings find() throws IOException {
        if (store.status("").isEmpty()) {
            throw new FileNotFoundException("There is no state root " + store.qualify("")
                    + ". Name the one of a session, as selvage.state.root does.");
        }
        Search search = new Search(store.nowMillis());
        newest = search.run();
        newestLibraries = search.libraries;
        newestNanos = System.nanoTime();
        hasSearched = true;
        return newest;
    }

    /** Deletes what was found, if it is found still, and as it was. False: it is not, and was left alone. */
    public boolean delete(Orphan orphan) throws IOException {
        if (!hasSearched || System.nanoTime() - newestNanos > FRESH_NANOS) {
            find();
        }
        boolean isStillOne = newest.orphans().stream().anyMatch(orphan::isSame);
        return isStillOne && deleteFound(orphan);
    }

    private boolean deleteFound(Orphan orphan) throws IOException {
        Library library = newestLibraries.get(orphan.path());
        if (library == null) {
            return store.delete(orphan.path());
        }
        return library.isUnused()
                ? libraryMarks.tryDelete(library.path(), orphan.modifiedMillis())
                : libraryMarks.tryClear(library.path());
    }

    /**
     * What an orphan in the library store is about.
     *
     * @param path of the library's directory, as the store takes it
     * @param isUnused it goes; else only the mark of a sweep that is dead
     */
    private record Library(String path, boolean isUnused) {}

    /**
     * An application's directory, as it was listed, and then what its journal said.
     *
     * @param mayLive its master writes, or may do so again
     */
    private record Application(
            Directory directory, ApplicationWord word, boolean mayLive, Optional<ApplicationHistory> history) {
        String name() {
            return directory.name();
        }
    }

    /** Owned by the search: one run. */
    private final class Search {
        private final long oldMillis;
        private final long nowMillis;
        private final List<Application> applications = new ArrayList<>();
        private final Reach reach = new Reach();
        private final Set<String> unsureJobs = new HashSet<>();
        private final Set<String> savepointDirectories = new TreeSet<>();
        private final NamedLibraries neededLibraries = new NamedLibraries();
        private final Set<String> unknownNeeds = new LinkedHashSet<>(); // Of libraries; sentences.
        private final Map<String, Library> libraries = new HashMap<>(); // By the paths of orphans.
        private final List<Orphan> orphans = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private long savepointAgeMillis = LEAST_SAVEPOINT_AGE.toMillis();
        private boolean isBlind;

        Search(long nowMillis) {
            this.nowMillis = nowMillis;
            this.oldMillis = nowMillis - LEAST_AGE.toMillis();
        }

        Findings run() throws IOException {
            savepointDirectories.add(SavepointLayout.DEFAULT_DIRECTORY);
            for (StoredFile each : store.list("")) {
                if (each.directory() && APPLICATION.matcher(each.name()).matches()) {
                    look(each);
                }
            }
            for (Application each : applications) {
                collectNeeds(each);
                // One of another cluster may come back days later, without leaving a mark on what it has.
                if (mayLive(each.word(), each.directory(), LEAST_LIBRARY_AGE)) {
                    collectLibraries(each);
                }
            }
            if (!isBlind) {
                applications.forEach(this::judge);
                judgeSavepoints();
                judgeLibraries();
            }
            orphans.sort(Comparator.comparing(Orphan::path));
            return new Findings(orphans, notes);
        }

        // ---- looking ------------------------------------------------------------------------------------------------

        private void look(StoredFile self) throws IOException {
            ApplicationWord word = resourceManager.ask(self.name());
            Directory directory = Directory.read(store, self, self.name());
            Optional<ApplicationHistory> history;
            try {
                history = ApplicationHistory.read(store, self.name());
            } catch (JournalDamagedException unreadable) {
                note(self.name(), mayLive(word, directory, LEAST_AGE), unreadable);
                if (mayLive(word, directory, LEAST_LIBRARY_AGE)) {
                    unknownNeeds.add("No library is named, as the journal of " + self.name()
                            + " can't be read: do what is said of that.");
                }
                return;
            }
            boolean mayLive = mayLive(word, directory, history.isPresent() ? LEAST_AGE : LEAST_WAITING_AGE);
            applications.add(new Application(directory, word, mayLive, history));
        }

        private boolean mayLive(ApplicationWord word, Directory directory, Duration ifUnknown) {
            return word == ApplicationWord.LIVING
                    || word == ApplicationWord.UNKNOWN && directory.newestMillis() >= nowMillis - ifUnknown.toMillis();
        }

        private void note(String application, boolean mayLive, IOException unreadable) {
            isBlind |= mayLive;
            notes.add("The journal of " + application + " can't be read, so "
                    + (mayLive
                            ? "nothing is named: that session may need what lies with others. "
                            : "nothing of that session is named. ")
                    + FailureWords.sentence(unreadable)
                    + (mayLive
                            ? " Look again when that session has ended."
                            : " When nobody is to go on from its checkpoints: hdfs dfs -rm -r "
                                    + store.qualify(application)));
        }

        private boolean isOld(long modifiedMillis) {
            return modifiedMillis < oldMillis;
        }

        // ---- what is needed -----------------------------------------------------------------------------------------

        private void collectNeeds(Application application) throws IOException {
            if (application.word() == ApplicationWord.ENDED
                    || application.history().isEmpty()) {
                return;
            }
            ApplicationHistory history = application.history().get();
            for (JournaledJob job : history.jobs()) {
                noteSavepoints(job);
                if (hasGone(job)) {
                    continue;
                }
                String id = job.getSubmitted().getJobId();
                // One that has failed has left its newest.
                RetainedCheckpoints needed = job.hasEnded() ? RetainedCheckpoints.of(job, 1) : history.retained(id);
                for (CheckpointCompleted each : needed.completed()) {
                    need(id, each.getMetadataPath());
                }
                RestoredFrom origin = job.getSubmitted().getRestoredFrom();
                if (!job.hasCheckpoint() && !origin.getMetadataPath().isEmpty()) {
                    need(id, origin.getMetadataPath());
                }
            }
        }

        /** One that does not live needs none: what goes on from its checkpoints brings its own. */
        private void collectLibraries(Application application) throws IOException {
            application
                    .history()
                    .ifPresent(history -> history.jobs().stream()
                            .filter(job -> !job.hasEnded())
                            .forEach(job -> needLibraries(application, job)));
            String specFile = DurableStore.join(application.name(), ContainerLayout.SPEC);
            Optional<byte[]> stored = store.read(specFile);
            if (stored.isEmpty() && application.history().isEmpty()) {
                return; // It is being opened, and has taken its libraries just now.
            }
            try {
                SessionSpec spec = SessionSpec.parseFrom(stored.orElseThrow(
                        () -> new FileNotFoundException("There is no " + store.qualify(specFile) + ".")));
                if (spec.getFormat() == ContainerLayout.SPEC_FORMAT) {
                    needLibraries(application, spec);
                } else {
                    unknownNeeds.add(ofAnotherVersion(application));
                }
            } catch (FileNotFoundException | InvalidProtocolBufferException unreadable) {
                unknownNeeds.add("No library is named: which ones " + application.name() + " needs can't be read. "
                        + FailureWords.sentence(unreadable) + " Look again when that session has ended.");
            }
        }

        private void needLibraries(Application application, Message message) {
            if (!neededLibraries.add(message)) {
                unknownNeeds.add(ofAnotherVersion(application));
            }
        }

        private static String ofAnotherVersion(Application application) {
            return "No library is named: which ones " + application.name()
                    + " needs is not known, as another version than this one has opened it or has given it a job. Look"
                    + " again when the session has ended.";
        }

        private void noteSavepoints(JournaledJob job) {
            ApplicationHistory.setting(job, JobConfig.SAVEPOINT_DIRECTORY)
                    .filter(directory -> !directory.isEmpty())
                    .ifPresent(savepointDirectories::add);
            Duration timeout = ApplicationHistory.setting(job, JobConfig.CHECKPOINT_TIMEOUT)
                    .orElse(LEAST_SAVEPOINT_AGE);
            savepointAgeMillis = Math.max(savepointAgeMillis, SAVEPOINT_TIMEOUTS * timeout.toMillis());
        }

        private void need(String job, String metadataFile) throws IOException {
            try {
                reach.add(metadataFile, checkpoints.readMetadata(metadataFile));
            } catch (SegmentDamagedException unreadable) {
                unsureJobs.add(job);
                notes.add("Nothing of " + job + " is named, as what it needs is not known: "
                        + FailureWords.sentence(unreadable)
                        + " Cancel the job if it still runs; else delete it when nobody is to go on from it.");
            }
        }

        private static boolean hasGone(JournaledJob job) {
            return job.hasEnded() && job.getEnded().getOutcome() != JobOutcome.JOB_FAILED;
        }

        // ---- applications -------------------------------------------------------------------------------------------

        private void judge(Application application) {
            Directory directory = application.directory();
            boolean isWholly = application.word() == ApplicationWord.ENDED
                    || !application.mayLive() && application.history().isEmpty() && !hasMetadata(directory);
            if (isWholly) {
                String why = application.word() == ApplicationWord.ENDED
                        ? "its session was stopped or killed"
                        : "its session has never had a job";
                Set<String> kept = kept(application);
                Stream<Directory> parts = kept.isEmpty()
                        ? Stream.of(directory)
                        : directory.directories().stream().filter(each -> !kept.contains(each.path()));
                parts.filter(each -> isOld(each.newestMillis()) && isUnneeded(each))
                        .forEach(each -> add(each, why));
                return;
            }
            Set<String> named = new HashSet<>();
            for (Directory each : directory.directories()) {
                if (each.name().startsWith("job-")) {
                    judgeJob(application, each, named);
                }
            }
            judgeTemporaries(directory, named);
        }

        /** What outlives an application that has ended: the paths of directories in its own. */
        private static Set<String> kept(Application application) {
            Set<String> kept = new HashSet<>();
            for (Directory each : application.directory().directories()) {
                if (isRetained(each)) {
                    kept.add(each.path());
                } else if (isLeftByFailure(application, each)) {
                    kept.add(each.path());
                    kept.add(CheckpointLayout.journalDirectory(application.name())); // Which alone says so.
                }
            }
            return kept;
        }

        /** Its session was killed before there was a mark on it, or was of a version that made none. */
        private static boolean isLeftByFailure(Application application, Directory job) {
            Set<CheckpointId> left = application
                    .history()
                    .flatMap(history -> history.job(job.name()))
                    .map(RetainedCheckpoints::ofFailed)
                    .orElse(Set.of());
            return job.directory(CheckpointLayout.CHECKPOINTS).stream()
                    .flatMap(all -> all.directories().stream())
                    .anyMatch(each -> CheckpointLayout.parse(each.name())
                            .filter(left::contains)
                            .isPresent());
        }

        private void judgeJob(Application application, Directory job, Set<String> named) {
            if (application.mayLive() && application.history().isEmpty()) {
                return; // An application for one job brings it along, and may wait in its queue for hours.
            }
            Optional<JournaledJob> known = application.history().flatMap(history -> history.job(job.name()));
            boolean isLeft = isOld(job.newestMillis()) && isUnneeded(job) && !isRetained(job);
            if (known.isEmpty()) {
                // One that has failed is forgotten in the end, and its checkpoints are its user's to delete.
                if (isLeft && !hasMetadata(job)) {
                    add(job, "its job was never submitted");
                    named.add(job.path());
                }
            } else if (hasGone(known.get())) {
                if (isLeft) {
                    add(job, "its job has finished or was canceled");
                    named.add(job.path());
                }
            } else if (!unsureJobs.contains(job.name())) {
                job.directory(CheckpointLayout.CHECKPOINTS)
                        .ifPresent(all -> judgeCheckpoints(application, known.get(), all, named));
            }
        }

        private void judgeCheckpoints(Application application, JournaledJob job, Directory all, Set<String> named) {
            Set<CheckpointId> kept = application
                    .history()
                    .map(history -> history.retained(job.getSubmitted().getJobId()))
                    .orElseThrow()
                    .directories();
            long newestCompleted = job.getCheckpoint().getCheckpoint();
            for (Directory each : all.directories()) {
                Optional<CheckpointId> id = CheckpointLayout.parse(each.name());
                if (id.isEmpty() || !isOld(each.newestMillis())) {
                    continue;
                }
                boolean isUnkept = !kept.contains(id.get()) && isUnneeded(each);
                if (isUnkept && (!application.mayLive() || id.get().value() < newestCompleted)) {
                    add(each, "no checkpoint that is retained needs it");
                    named.add(each.path());
                } else if (!application.mayLive()) {
                    // A living job may come to need a file in there that no completed checkpoint needs any more.
                    judgeFiles(each);
                }
            }
        }

        private void judgeFiles(Directory checkpoint) {
            for (StoredFile file : checkpoint.files()) {
                if (file.name().endsWith(DATA_SUFFIX)
                        && !reach.hasFile(DurableStore.join(checkpoint.path(), file.name()))) {
                    add(file, "no checkpoint that is retained needs it");
                }
            }
        }

        /** Its checkpoints outlive it and its session, and are its user's to delete. */
        private static boolean isRetained(Directory job) {
            return job.directory(CheckpointLayout.CHECKPOINTS)
                    .filter(all ->
                            all.files().stream().anyMatch(file -> file.name().equals(CheckpointLayout.RETAINED)))
                    .isPresent();
        }

        private boolean isUnneeded(Directory directory) {
            return !reach.hasAnyIn(directory.path());
        }

        private static boolean hasMetadata(Directory directory) {
            return directory
                    .all()
                    .anyMatch(
                            each -> CheckpointStore.newestMetadata(each.files()).isPresent());
        }

        // ---- the rest -----------------------------------------------------------------------------------------------

        /** @param named directories that are named already, with all that is in them */
        private void judgeTemporaries(Directory directory, Set<String> named) {
            if (named.contains(directory.path())) {
                return;
            }
            for (StoredFile file : directory.temporaries()) {
                if (isOld(file.modificationTimeMillis())) {
                    add(file, "whoever wrote it has not finished");
                }
            }
            directory.directories().forEach(each -> judgeTemporaries(each, named));
        }

        private void judgeSavepoints() throws IOException {
            for (String parent : savepointDirectories) {
                for (StoredFile each : store.list(parent)) {
                    if (each.directory() && SavepointLayout.isDirectoryName(each.name())) {
                        judgeSavepoint(Directory.read(store, each, DurableStore.join(parent, each.name())));
                    }
                }
            }
        }

        private void judgeSavepoint(Directory savepoint) {
            boolean isOldEnough = savepoint.newestMillis() < nowMillis - savepointAgeMillis;
            if (isOldEnough && !hasMetadata(savepoint)) {
                add(savepoint, "it has no metadata: the savepoint was never completed");
            }
        }

        private void judgeLibraries() throws IOException {
            List<StoredFile> all = store.list(LibraryStore.LIBRARIES);
            if (all.isEmpty()) {
                return;
            }
            notes.addAll(unknownNeeds);
            boolean isForOthers = store.isOpenToOthers(LibraryStore.LIBRARIES);
            boolean isLeftToOthers = false;
            for (StoredFile each : all) {
                if (each.directory()) {
                    Directory library =
                            Directory.read(store, each, DurableStore.join(LibraryStore.LIBRARIES, each.name()));
                    boolean mayBeUnused = unknownNeeds.isEmpty() && isUnneededLibrary(library);
                    long lastUsedMillis = mayBeUnused ? lastUsedMillis(library) : nowMillis;
                    boolean isUnused = lastUsedMillis < nowMillis - LEAST_LIBRARY_AGE.toMillis();
                    if (isUnused && !isForOthers) {
                        addLibrary(library, lastUsedMillis);
                    } else {
                        judgeTemporaries(library, Set.of());
                        judgeSweeps(library);
                    }
                    isLeftToOthers |= isUnused && isForOthers;
                }
            }
            if (isLeftToOthers) {
                notes.add("No library in " + store.qualify(LibraryStore.LIBRARIES)
                        + " is named: the directory is open to other users, and which ones their sessions need is not"
                        + " known. If only your own sessions take what is there: hdfs dfs -chmod go-rwx "
                        + store.qualify(LibraryStore.LIBRARIES));
            }
        }

        /** What others have put beside the libraries is left alone. */
        private boolean isUnneededLibrary(Directory library) {
            return LIBRARY.matcher(library.name()).matches()
                    && !neededLibraries.contains(library.name())
                    && library.directories().isEmpty();
        }

        private long lastUsedMillis(Directory library) throws IOException {
            return Math.max(library.newestMillis(), libraryMarks.lastUsedMillis(library.path()));
        }

        private void addLibrary(Directory library, long lastUsedMillis) {
            String path = library.self().path();
            libraries.put(path, new Library(library.path(), true));
            orphans.add(new Orphan(
                    path,
                    true,
                    library.bytes(),
                    lastUsedMillis,
                    "no session that lives needs this library, and none has taken it for a week"));
        }

        private void judgeSweeps(Directory library) throws IOException {
            for (StoredFile mark : libraryMarks.ofSweeps(library.path())) {
                if (mark.modificationTimeMillis() < nowMillis - LibraryMarks.STALE.toMillis()) {
                    libraries.put(mark.path(), new Library(library.path(), false));
                    add(mark, "the sweep that wanted to delete the library was broken off");
                }
            }
        }

        private void add(Directory directory, String why) {
            orphans.add(new Orphan(directory.self().path(), true, directory.bytes(), directory.newestMillis(), why));
        }

        private void add(StoredFile file, String why) {
            orphans.add(new Orphan(file.path(), false, file.length(), file.modificationTimeMillis(), why));
        }
    }
}
