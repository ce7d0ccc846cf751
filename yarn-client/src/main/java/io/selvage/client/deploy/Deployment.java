package io.selvage.client.deploy;

import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryEntry;
import io.selvage.checkpoint.library.LibraryProgress;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.library.Published;
import io.selvage.checkpoint.library.StoredClasses;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.Diagnostics;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.Login;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.connect.SessionState;
import io.selvage.client.connect.Yarn;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.KerberosConfig;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClientApplication;
import org.apache.hadoop.yarn.client.util.YarnClientUtils;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens one session, or an application for one job, on the calling thread: checks everything that can be checked,
 * uploads what the cluster has not got, submits, and waits until the master answers. What goes wrong on the way leaves
 * nothing behind but cached libraries; {@link #abandon} does the same from a shutdown hook. An application for one job
 * is the user's once YARN has taken it: its master starts the job by itself, so it goes on whether or not this one
 * hears of it.
 */
public final class Deployment {
    /** The longest wait for the master, most of which would be for room on a full cluster. */
    private static final Duration OPEN_TIMEOUT = Duration.ofMinutes(10);

    private static final FsPermission OWNER_READ_WRITE = new FsPermission((short) 0600);
    private static final long POLL_MILLIS = 100;
    private static final String CONTAINER_LOG_SETTINGS = "log4j.properties";
    private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);

    private final HadoopFolder hadoop;
    private final Distribution distribution;
    private final SessionFiles sessionFiles;
    private final Path hashCacheFile;
    private final Bundle bundle;
    private final OpenObserver progress;

    // Written by the opening thread and read by a shutdown hook, which has nobody to send it a message.
    private volatile @Nullable Begun begun;

    /** Held while an application is submitted, or taken back. */
    private final Object submission = new Object();

    private boolean isSubmitted; // Under that lock.
    private @Nullable SessionRecord onItsOwn; // Likewise: the application that goes on without this client.

    /** What must be undone if the session does not come to be. */
    private record Begun(Yarn yarn, Hdfs hdfs, ApplicationId application, String directory) {}

    /**
     * @param bundleDirectory where files are kept that were put together for the cluster
     * @param progress told what is being waited for, in a few words
     */
    public Deployment(
            HadoopFolder hadoop,
            Distribution distribution,
            SessionFiles sessionFiles,
            Path hashCacheFile,
            Path bundleDirectory,
            OpenObserver progress) {
        this.hadoop = hadoop;
        this.distribution = distribution;
        this.sessionFiles = sessionFiles;
        this.hashCacheFile = hashCacheFile;
        this.bundle = new Bundle(bundleDirectory);
        this.progress = progress;
    }

    /**
     * An open session; an application for one job may have ended with it already.
     *
     * @param master the connection over which it has answered, to be closed by who gets it
     */
    public record Opened(SessionRecord session, Published libraries, MasterConnection master) {}

    /**
     * Opens it.
     *
     * @param job for which alone it is opened; null: it is a session
     * @throws ClientException with what is in the way
     */
    public Opened open(
            Yarn cluster, YarnConfiguration yarnConfiguration, Configuration configuration, @Nullable OnlyJob job) {
        SessionConfig session = SessionConfig.from(configuration);
        Shipment shipment = Shipment.of(session.application());
        progress.onStage("checking the cluster", "");
        YarnClientApplication application = cluster.newApplication();
        Yarn yarn = cluster.patient();
        Queues.Choice queue = ClusterResources.queueOf(yarn, session);
        ClusterLimits limits = ClusterResources.limitsFor(yarn, session, application.getNewApplicationResponse());
        if (queue.isSure()) {
            limits.check(session, queue.queue());
        }
        AttemptCap attempts = AttemptCap.ask(yarnConfiguration);
        Hdfs hdfs = Hdfs.connect(yarnConfiguration, session.stateRoot());
        hdfs.proveWritable();

        ApplicationSubmissionContext context = application.getApplicationSubmissionContext();
        ApplicationId id = context.getApplicationId();
        begun = new Begun(cluster, hdfs, id, hdfs.stateRoot() + "/" + id);
        try {
            ApplicationIdentity identity = ApplicationIdentity.create();
            SessionRecord record = new SessionRecord(
                    id.toString(),
                    session.applicationName(),
                    yarn.where(),
                    hdfs.stateRoot(),
                    now(),
                    identity,
                    Login.user(),
                    job == null ? null : job.id().value());
            Upload upload = upload(yarnConfiguration, configuration, session, shipment, record, hdfs, attempts, job);
            progress.onStage("asking YARN for the master's container", "");
            SubmissionContext.fill(
                    context,
                    session,
                    upload.spec(),
                    upload.specFile(),
                    upload.keytab(),
                    credentials(yarnConfiguration, session.kerberos(), identity, hdfs, yarn),
                    Login.user(),
                    UserGroupInformation.isSecurityEnabled());
            submit(cluster, context, record, job, queue.doubt());
            if (!queue.isSure()) {
                checkPlaced(yarn, id, session, limits);
            }
            MasterConnection master = awaitMaster(yarn, record, job);
            begun = null;
            return new Opened(record, upload.libraries(), master);
        } catch (IOException failed) {
            abandon();
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "The session's files could not be put into HDFS: " + failed.getMessage()
                            + " Check HDFS, and run the command again.",
                    failed);
        } catch (ClientException failed) {
            abandon();
            throw goingOn()
                    .map(sentence ->
                            new ClientException(failed.exitCode(), failed.getMessage() + " " + sentence, failed))
                    .orElse(failed);
        } catch (RuntimeException failed) {
            abandon();
            throw failed;
        }
    }

    /** A sentence on an application for one job that goes on, whether or not its master has answered. */
    public Optional<String> goingOn() {
        synchronized (submission) {
            return Optional.ofNullable(onItsOwn)
                    .map(going ->
                            "The application " + going.applicationId() + " was submitted and goes on with its job."
                                    + " Follow it: scripts/selvage attach " + going.onlyJob()
                                    + "   Cancel it: scripts/selvage cancel " + going.onlyJob());
        }
    }

    /**
     * What was given up meanwhile is not submitted.
     *
     * @param yarn asked once: who gives it up waits for the answer
     * @param doubt of the queue: why YARN may refuse it
     */
    private void submit(
            Yarn yarn,
            ApplicationSubmissionContext context,
            SessionRecord record,
            @Nullable OnlyJob job,
            String doubt) {
        synchronized (submission) {
            if (begun == null) {
                throw new ClientException(ExitCode.INTERRUPTED, "Interrupted; the session is given up.");
            }
            sessionFiles.write(record);
            isSubmitted = true; // Or may be, if the answer is lost.
            try {
                yarn.submit(context);
            } catch (ClientException failed) {
                if (failed.exitCode() != ExitCode.REFUSED) {
                    throw failed;
                }
                isSubmitted = !hasNotTaken(yarn, context.getApplicationId());
                throw doubt.isEmpty()
                        ? failed
                        : new ClientException(ExitCode.REFUSED, failed.getMessage() + "\n" + doubt, failed);
            }
            onItsOwn = job == null ? null : record;
        }
    }

    /**
     * Its client also fails that way when it tires of waiting until YARN has taken an application, which it may yet do.
     */
    private static boolean hasNotTaken(Yarn yarn, ApplicationId id) {
        try {
            return SessionState.of(yarn.report(id)).hasEnded();
        } catch (ClientException unanswered) {
            return unanswered.exitCode() == ExitCode.NO_SESSION;
        }
    }

    /**
     * YARN has chosen the queue, or made it: now it is known, and whether it can ever give the containers.
     *
     * @throws ClientException with {@code REFUSED} if not; then it does not go on, whatever it is for
     */
    private void checkPlaced(Yarn yarn, ApplicationId id, SessionConfig session, ClusterLimits limits) {
        String placed = yarn.report(id).getQueue();
        Queues known = Queues.of(yarn.allQueues(), yarn.queueRights());
        try {
            known.find(placed).ifPresent(queue -> limits.check(session, queue));
        } catch (ClientException neverGiven) {
            onEnd(false);
            throw neverGiven;
        }
    }

    /**
     * Takes back what was begun and not finished; answers whether nothing is left of it but cached libraries. Also
     * called by a shutdown hook. What may still run keeps its files: whatever was submitted and is not killed now, also
     * if YARN does not know it.
     */
    public boolean abandon() {
        synchronized (submission) {
            Begun undone = begun;
            if (undone == null || onItsOwn != null) {
                return false;
            }
            begun = null;
            String id = undone.application().toString();
            if (!tryKill(undone) && isSubmitted) {
                return false;
            }
            boolean isDeleted =
                    attempt("delete what is left of " + id, () -> undone.hdfs().deleteApplication(id));
            if (isDeleted) { // Else a later command finds by it what there is to delete.
                attempt("forget " + id, () -> sessionFiles.delete(id));
            }
            return isDeleted;
        }
    }

    /** Answers whether YARN has ended it. */
    private static boolean tryKill(Begun undone) {
        try {
            undone.yarn().kill(undone.application(), "It was not opened to the end.");
            return true;
        } catch (ClientException failed) {
            LOG.warn("Could not kill {} after a session was given up.", undone.application(), failed);
            return false;
        }
    }

    private static boolean attempt(String what, Runnable step) {
        try {
            step.run();
            return true;
        } catch (RuntimeException failed) {
            // The reason why the session was given up is what the user has to see; this only adds to it.
            LOG.warn("Could not {} after a session was given up.", what, failed);
            return false;
        }
    }

    /** What was put into HDFS. */
    private record Upload(Published libraries, SessionSpec spec, LibraryFile specFile, Optional<LibraryFile> keytab) {}

    private Upload upload(
            YarnConfiguration yarnConfiguration,
            Configuration configuration,
            SessionConfig session,
            Shipment shipment,
            SessionRecord record,
            Hdfs hdfs,
            AttemptCap attempts,
            @Nullable OnlyJob job)
            throws IOException {
        DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(hdfs.stateRoot()), yarnConfiguration);
        hdfs.makeDirectory(record.applicationDirectory());
        SessionSpec.Builder spec = SessionSpec.newBuilder();
        if (job != null) {
            spec.setJob(job.put(store, record.applicationId()));
        }
        HashCache hashes = HashCache.open(hashCacheFile);
        LibraryStore libraryStore = new LibraryStore(store, hashes, record.applicationId());
        List<Path> jars = distribution.jars();
        Map<String, Path> settings = new HashMap<>();
        hadoop.files().forEach(file -> settings.put(file.getFileName().toString(), file));
        if (Files.isReadable(distribution.containerLogSettings())) {
            settings.put(CONTAINER_LOG_SETTINGS, distribution.containerLogSettings());
        }
        Path archive = bundle.ofJars(jars);
        Optional<LibraryFile> shared =
                SharedRuntime.find(configuration.get(SessionConfig.LIBRARY_ROOT), yarnConfiguration, archive, hashes);
        List<Path> files = new ArrayList<>();
        if (shared.isEmpty()) {
            files.add(archive);
        }
        files.add(bundle.ofConfiguration(settings));
        files.addAll(shipment.files());
        files.addAll(shipment.jars());
        for (Path folder : shipment.folders()) {
            files.add(bundle.ofFolder(folder, hashes));
        }
        Published published = libraryStore.publishAll(files, uploadProgress());
        int maxAttempts = attempts.effective(session);
        progress.onAttempts(maxAttempts, session.maxAttempts());
        Iterator<LibraryEntry> entries = published.entries().iterator();
        spec.setFormat(ContainerLayout.SPEC_FORMAT)
                .setApplicationId(record.applicationId())
                .setStateRoot(record.stateRoot())
                .setUser(Login.user())
                .putAllConfiguration(configuration.settings())
                .putAllOrigins(configuration.origins())
                .setLibraryArchive(shared.orElseGet(() -> entries.next().toWire()))
                .addAllClassPath(
                        jars.stream().map(jar -> jar.getFileName().toString()).toList())
                .addHadoopConf(entries.next().toWire())
                .setClientVersion(Version.current())
                .setMaxAttempts(maxAttempts)
                .setSessionName(record.name())
                .setOpenedMillis(record.openedMillis());
        // In the order in which they were published.
        shipment.files().forEach(file -> spec.addShippedFile(entries.next().toWire()));
        shipment.jars().forEach(jar -> spec.addUserJar(entries.next().toWire()));
        for (Path folder : shipment.folders()) {
            spec.addShippedFolder(entries.next().toWire().toBuilder()
                    .setName(folder.getFileName().toString()));
        }
        classArchive(store, spec.getLibraryArchive()).ifPresent(spec::setClassArchive);
        SessionSpec complete = spec.build();
        Optional<LibraryFile> keytab = session.kerberos().hasKeytab()
                ? Optional.of(writeKeytab(
                        yarnConfiguration, record, Path.of(session.kerberos().keytab())))
                : Optional.empty();
        return new Upload(published, complete, writeSpec(yarnConfiguration, record, complete), keytab);
    }

    /** A session is opened without one if it can't be had; one that is named is needed by all its containers. */
    private static Optional<LibraryFile> classArchive(DurableStore store, LibraryFile runtime) {
        try {
            return new StoredClasses(store, runtime.getSha256()).takeNewestArchive();
        } catch (IOException unanswered) {
            LOG.warn("No archive of classes is taken.", unanswered);
            return Optional.empty();
        }
    }

    private LibraryProgress uploadProgress() {
        return (entry, uploaded, done, total) -> {
            if (uploaded) {
                progress.onStage("uploading libraries", done + " of " + total);
            }
        };
    }

    private static LibraryFile writeSpec(YarnConfiguration hadoop, SessionRecord record, SessionSpec spec)
            throws IOException {
        return write(hadoop, record, ContainerLayout.SPEC, spec::writeTo);
    }

    private static LibraryFile writeKeytab(YarnConfiguration hadoop, SessionRecord record, Path keytab)
            throws IOException {
        return write(hadoop, record, ContainerLayout.KEYTAB, out -> Files.copy(keytab, out));
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** A file of the session's own, for its user alone before there is a byte in it. */
    private static LibraryFile write(YarnConfiguration hadoop, SessionRecord record, String name, Content content)
            throws IOException {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(record.applicationDirectory(), name);
        var fileSystem = path.getFileSystem(hadoop);
        try (var out = fileSystem.create(path, false)) {
            fileSystem.setPermission(path, OWNER_READ_WRITE); // Settings may be his business alone, and keys are.
            content.writeTo(out);
        }
        FileStatus status = fileSystem.getFileStatus(path);
        return LibraryFile.newBuilder()
                .setName(name)
                .setPath(path.toString())
                .setLength(status.getLen())
                .setModificationTimeMillis(status.getModificationTime())
                .build();
    }

    /** The ResourceManager renews the tokens as long as they can be, and the session runs. */
    private static Credentials credentials(
            YarnConfiguration hadoop, KerberosConfig kerberos, ApplicationIdentity identity, Hdfs hdfs, Yarn yarn)
            throws IOException {
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text(ApplicationIdentity.CREDENTIALS_ALIAS), identity.encode());
        if (UserGroupInformation.isSecurityEnabled()) {
            String renewer = YarnClientUtils.getRmPrincipal(hadoop);
            if (renewer == null || renewer.isEmpty()) {
                throw new ClientException(
                        ExitCode.REFUSED,
                        "The Hadoop configuration does not say as whom the ResourceManager runs, which has to renew the"
                                + " session's tokens. Add " + YarnConfiguration.RM_PRINCIPAL + " to yarn-site.xml.");
            }
            hdfs.addTokens(renewer, kerberos.fileSystems(), credentials);
            yarn.addToken(renewer, credentials);
        }
        return credentials;
    }

    /** Until it answers; or, of an application for one job, until that has ended, which it then says of the job. */
    private MasterConnection awaitMaster(Yarn yarn, SessionRecord record, @Nullable OnlyJob job) {
        MasterConnection connection = new MasterConnection(yarn, record);
        boolean isKept = false;
        try {
            awaitAnswer(yarn, connection, job);
            isKept = true;
            return connection;
        } finally {
            if (!isKept) {
                connection.close();
            }
        }
    }

    private void awaitAnswer(Yarn yarn, MasterConnection connection, @Nullable OnlyJob job) {
        boolean hasRun = false;
        long deadline = System.nanoTime() + OPEN_TIMEOUT.toNanos();
        ApplicationId id = connection.application();
        try {
            while (System.nanoTime() - deadline < 0) {
                ApplicationReport report = yarn.report(id);
                SessionState state = SessionState.of(report);
                if (job != null && report.getYarnApplicationState() == YarnApplicationState.FINISHED) {
                    return; // By its master's own word: how the job has ended is for who asks for the job.
                }
                if (state.hasEnded()) {
                    onEnd(hasRun && report.getYarnApplicationState() == YarnApplicationState.FAILED);
                    throw new ClientException(
                            ExitCode.SESSION_FAILED,
                            (job == null
                                            ? "The session did not start: "
                                            : "The application has ended before its master answered: ")
                                    + Diagnostics.ofEnd(report) + "Its master's log: yarn logs -applicationId " + id);
                }
                hasRun |= state == SessionState.RUNNING;
                progress.onStage(waitingFor(report, state), "");
                if (state == SessionState.RUNNING) {
                    try {
                        connection.tryCall(stub -> stub.describeSession(DescribeSessionRequest.getDefaultInstance()));
                        return;
                    } catch (MasterAbsentException notYet) {
                        LOG.debug("The master has registered and does not answer yet.", notYet);
                    } catch (ClientException ended) {
                        if (ended.exitCode() != ExitCode.NO_SESSION) {
                            throw ended;
                        }
                        LOG.debug("It has ended since it was looked at: the next look tells how.", ended);
                        continue;
                    }
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(
                    ExitCode.INTERRUPTED,
                    job == null ? "Interrupted; the session is given up." : "Interrupted.",
                    interrupted);
        }
        throw new ClientException(
                ExitCode.SESSION_FAILED,
                "The " + (job == null ? "session" : "application") + " has not started within "
                        + OPEN_TIMEOUT.toMinutes() + " minutes"
                        + (job == null ? " and is given up: " : ": ")
                        + waitingFor(yarn.report(id), SessionState.WAITING)
                        + ". Look for room in the queue with: yarn queue -status NAME.");
    }

    /** @param isKept one for a job has failed while it ran: its checkpoints are all that the job has */
    private void onEnd(boolean isKept) {
        synchronized (submission) {
            if (isKept && onItsOwn != null) {
                begun = null;
            }
            onItsOwn = null;
        }
    }

    private static String waitingFor(ApplicationReport report, SessionState state) {
        if (state == SessionState.RUNNING) {
            return "waiting for the master to answer";
        }
        return switch (report.getYarnApplicationState()) {
            case ACCEPTED -> "starting the master";
            default -> "waiting for YARN to take the application";
        };
    }

    private static long now() {
        return System.currentTimeMillis();
    }
}
