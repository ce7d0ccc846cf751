package io.selvage.client;

import io.selvage.checkpoint.orphan.OrphanSearch;
import io.selvage.checkpoint.restore.RestorePlan;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.ConnectionWarmUp;
import io.selvage.client.connect.ContainerLogs;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.Login;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.connect.Waiting;
import io.selvage.client.connect.Yarn;
import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.deploy.Deployment;
import io.selvage.client.deploy.Distribution;
import io.selvage.client.deploy.OnlyJob;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.deploy.SharedRuntime;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Opens sessions on a cluster and finds those that are open; used by one thread. What it can't do, it says with a
 * {@link ClientException}, whose message is a sentence with the remedy.
 *
 * <pre>{@code
 * try (SelvageClient client = SelvageClient.of(home, hadoopFolder, userDirectory);
 *         Session session = client.open(Configuration.defaults(), OpenObserver.SILENT)) {
 *     String job = session.submit(program, Configuration.defaults(), id -> {}).get(0);
 *     JobDescription end = session.awaitEnd(job, JobObserver.SILENT);
 *     session.stop("done");
 * }
 * }</pre>
 */
public final class SelvageClient implements AutoCloseable {
    private final Distribution distribution;
    private final HadoopFolder hadoop;
    private final YarnConfiguration configuration;
    private final SessionFiles sessionFiles;
    private final Path userDirectory;
    private final Yarn yarn;
    private final OpenedSessions sessions;

    // Written by the opening thread and read by a shutdown hook, which has nobody to send it a message.
    private volatile @Nullable Deployment opening;

    private SelvageClient(
            Distribution distribution,
            HadoopFolder hadoop,
            Path userDirectory,
            Function<YarnConfiguration, Login> login,
            Waiting waiting,
            boolean isForFiles) {
        this.distribution = distribution;
        this.hadoop = hadoop;
        this.configuration = hadoop.configuration();
        login.apply(configuration).perform(configuration);
        if (isForFiles) {
            ConnectionWarmUp.ofFiles(configuration);
        }
        this.sessionFiles = new SessionFiles(userDirectory);
        this.userDirectory = userDirectory;
        this.yarn = Yarn.connect(configuration, waiting);
        this.sessions = new OpenedSessions(
                sessionFiles, yarn.where(), Login.user(), yarn::report, root -> Hdfs.connect(configuration, root));
    }

    /**
     * Connects to a cluster.
     *
     * @param home the root of an unpacked distribution, or of a source checkout that was built
     * @param hadoopFolder the folder that HADOOP_CONF_DIR names elsewhere
     * @param userDirectory belongs to this user alone, such as {@link io.selvage.client.session.UserDirectory} finds
     *     it: holds the session files
     */
    public static SelvageClient of(Path home, Path hadoopFolder, Path userDirectory) {
        return of(home, hadoopFolder, userDirectory, cluster -> Login.OWN, sentence -> {}, false);
    }

    /**
     * Likewise.
     *
     * @param login as whom to come to the cluster that has this configuration
     * @param waiting told, by the thread that waits, if YARN or a master that was there does not answer for some
     *     seconds
     * @param isForFiles HDFS will be needed: it is opened on another thread while YARN is asked
     */
    public static SelvageClient of(
            Path home,
            Path hadoopFolder,
            Path userDirectory,
            Function<YarnConfiguration, Login> login,
            Consumer<String> waiting,
            boolean isForFiles) {
        return new SelvageClient(
                Distribution.at(home),
                HadoopFolder.at(hadoopFolder),
                userDirectory,
                login,
                new Waiting(waiting),
                isForFiles);
    }

    /**
     * Opens a session; returns when its master answers.
     *
     * @param progress told what is being waited for
     */
    public Session open(Configuration settings, OpenObserver progress) {
        return open(settings, progress, null);
    }

    /** @param job for which alone it is; null: it is a session */
    Session open(Configuration settings, OpenObserver progress, @Nullable OnlyJob job) {
        Deployment deployment = new Deployment(
                hadoop, distribution, sessionFiles, hashCacheFile(), userDirectory.resolve("cache"), progress);
        opening = deployment;
        Deployment.Opened opened = deployment.open(yarn, configuration, settings, job);
        return new Session(this, yarn, opened.session(), opened.master());
    }

    /**
     * Runs the program's {@code main} here, and opens an application on YARN for the job that it executes. The
     * application begins with the job and ends with it, whoever is still there. Nothing is opened for a program that
     * fails before it has a job; one that has a second job is refused then, and the first one goes on.
     *
     * @param settings for the application and its job, below what the program sets itself
     * @param progress told what is being waited for
     * @param submitted told of the application when it has the job
     * @param from null: the job starts from the beginning
     * @throws ClientException with {@code NOT_RESTORABLE} if the job can't go on from there; nothing is opened then
     */
    public Session run(
            Program program,
            Configuration settings,
            OpenObserver progress,
            Consumer<Session> submitted,
            @Nullable StartPoint from) {
        OwnApplication run = new OwnApplication(
                this, program.jar().path(), settings, progress, submitted, from == null ? null : qualify(from));
        try {
            program.run(run, ClassLoading.from(settings), hadoopFolder());
        } catch (RuntimeException failed) {
            Session opened = run.opened();
            if (opened != null) {
                opened.close();
            }
            throw failed;
        }
        return Objects.requireNonNull(run.opened());
    }

    /**
     * Runs the program's {@code main} here and opens nothing: tells what would become of a savepoint's state.
     *
     * @param planned told for each job of the program, also of what is then refused
     * @throws ClientException with {@code NOT_RESTORABLE} if a job can't go on from there
     */
    public void plan(Program program, Configuration settings, StartPoint from, Consumer<RestorePlan> planned) {
        String stateRoot = Hdfs.connect(configuration, settings.get(SessionConfig.STATE_ROOT))
                .stateRoot();
        plan(program, settings, stateRoot, from, planned);
    }

    void plan(
            Program program, Configuration settings, String stateRoot, StartPoint from, Consumer<RestorePlan> planned) {
        program.run(
                new DryRun(stateRoot, this, settings, qualify(from), planned),
                ClassLoading.from(settings),
                hadoopFolder());
    }

    /** What the cluster has: asks, and opens nothing. */
    public ClusterResources resources() {
        return ClusterResources.of(yarn);
    }

    /** Gives up a session that is being opened; for shutdown hooks. Answers whether there was one. */
    public boolean abandonOpening() {
        Deployment deployment = opening;
        return deployment != null && deployment.abandon();
    }

    /** A sentence on the application for one job that was submitted last, and goes on without this client. */
    public Optional<String> goingOn() {
        Deployment deployment = opening;
        return deployment == null ? Optional.empty() : deployment.goingOn();
    }

    /**
     * The session of that application id, or of that name.
     *
     * @throws ClientException if this user has none, or it is another cluster's, or has ended, or several that run are
     *     called so
     */
    public Session session(String idOrName) {
        return session(sessions.living(idOrName));
    }

    /**
     * This user's sessions on this cluster, newest first: those that have not ended, those that have failed, and those
     * that YARN does not know; forgets those that were stopped or killed. Asks YARN of each.
     */
    public List<SessionSummary> sessions() {
        return sessions.all();
    }

    /**
     * The newest session of this user that runs on this cluster, applications for one job among them; forgets those
     * that were stopped or killed.
     *
     * @throws ClientException if there is none
     */
    public Session newestSession() {
        return newest(any -> true).orElseThrow(() -> none("No session of yours runs on this cluster."));
    }

    /** The same of those that take jobs. */
    public Session newestSessionForJobs() {
        return newest(SessionRecord::takesJobs)
                .orElseThrow(() -> none("No session of yours that takes jobs runs on this cluster."));
    }

    /** The application that is for that job alone, if it is one of this user's that runs on this cluster. */
    public Optional<Session> applicationOf(String jobId) {
        return newest(record -> jobId.equals(record.onlyJob()));
    }

    private static ClientException none(String sentence) {
        return new ClientException(ExitCode.NO_SESSION, sentence + " Open one with scripts/yarn-session.sh -d");
    }

    private Optional<Session> newest(Predicate<SessionRecord> wanted) {
        return sessions.newest(wanted).map(this::session);
    }

    private Session session(SessionRecord record) {
        return new Session(this, yarn, record, new MasterConnection(yarn.patient(), record));
    }

    /**
     * After a session's end: deletes what nobody needs of it, here and in HDFS. Libraries stay for the next one.
     *
     * @return a sentence on what is left, if anything is
     */
    Optional<String> settle(SessionRecord record) {
        return sessions.settle(record);
    }

    /**
     * A search for what nothing needs any more in a state root; to be used by one thread, while this client is open.
     *
     * @param stateRoot as a person writes it; empty for {@code .selvage} in the user's home directory
     */
    public OrphanSearch orphans(String stateRoot) {
        String root = Hdfs.connect(configuration, stateRoot).stateRoot();
        return Hdfs.read(
                root,
                ExitCode.DAMAGED,
                () -> new OrphanSearch(
                        DurableStore.existing(new org.apache.hadoop.fs.Path(root), configuration), sessions::wordOn));
    }

    /**
     * Puts the runtime into HDFS for all users of the cluster, whose sessions take it from there if
     * {@code selvage.library.root} says so.
     *
     * @param libraryRoot a directory that nobody but its owner and its group may write into; made if it is missing
     * @return where it is, and whether all can read it
     */
    public LibraryFile shareRuntime(String libraryRoot) {
        return SharedRuntime.put(
                libraryRoot, configuration, distribution, userDirectory.resolve("cache"), hashCacheFile());
    }

    /** The logs of sessions' processes, of those that have ended too; to be used while this client is open. */
    public ContainerLogs logs() {
        return new ContainerLogs(yarn, configuration);
    }

    /** What a session was opened with. */
    SessionSpec spec(SessionRecord record) {
        var path = new org.apache.hadoop.fs.Path(record.applicationDirectory(), ContainerLayout.SPEC);
        return Hdfs.read(path.toString(), ExitCode.SESSION_FAILED, () -> {
            try (InputStream in = path.getFileSystem(configuration).open(path)) {
                return SessionSpec.parseFrom(in);
            }
        });
    }

    YarnConfiguration configuration() {
        return configuration;
    }

    StartPoint qualify(StartPoint from) {
        return new StartPoint(qualify(from.path()), from.mayDropState(), from.claimed());
    }

    /** The fully qualified form of a path in the distributed file system, as a user writes it. */
    String qualify(String path) {
        return Hdfs.qualify(configuration, path);
    }

    Path hadoopFolder() {
        return hadoop.path();
    }

    Path hashCacheFile() {
        return userDirectory.resolve("library-hashes");
    }

    @Override
    public void close() {
        yarn.close();
    }
}
