package io.selvage.client.deploy;

import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.LibraryProgress;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.library.Published;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.client.connect.Diagnostics;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.connect.MasterConnection;
import io.selvage.client.connect.SessionState;
import io.selvage.client.connect.Yarn;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionFiles;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.protocolrecords.GetNewApplicationResponse;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueState;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.URL;
import org.apache.hadoop.yarn.client.api.YarnClientApplication;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens one session, on the calling thread: checks everything that can be checked, uploads what the cluster has not
 * got, submits, and waits until the master answers. What goes wrong on the way leaves nothing behind but cached
 * libraries; {@link #abandon} does the same from a shutdown hook.
 */
public final class Deployment {
    /** The longest wait for the master, most of which would be for room on a full cluster. */
    private static final Duration OPEN_TIMEOUT = Duration.ofMinutes(10);

    private static final long POLL_MILLIS = 100;
    private static final String APPLICATION_TYPE = "Selvage";
    private static final String CONTAINER_LOG_SETTINGS = "log4j.properties";
    private static final int SPEC_FORMAT = 1;
    private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);

    private final HadoopFolder hadoop;
    private final Distribution distribution;
    private final SessionFiles sessionFiles;
    private final Path hashCacheFile;
    private final Bundle bundle;
    private final OpenObserver progress;

    // Written by the opening thread and read by a shutdown hook, which has nobody to send it a message.
    private volatile @Nullable Begun begun;

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

    /** An open session, and what its master said first. */
    public record Opened(SessionRecord session, SessionDescription description, Published libraries) {}

    /** @throws ClientException with what is in the way */
    public Opened open(Yarn yarn, YarnConfiguration yarnConfiguration, Configuration configuration) {
        SessionConfig session = SessionConfig.from(configuration);
        progress.onStage("checking the cluster", "");
        checkQueue(yarn, session.queue());
        YarnClientApplication application = yarn.newApplication();
        limits(yarn, application.getNewApplicationResponse()).check(session);
        Hdfs hdfs = Hdfs.connect(yarnConfiguration, session.stateRoot());
        hdfs.proveWritable();

        ApplicationSubmissionContext context = application.getApplicationSubmissionContext();
        ApplicationId id = context.getApplicationId();
        begun = new Begun(yarn, hdfs, id, hdfs.stateRoot() + "/" + id);
        try {
            ApplicationIdentity identity = ApplicationIdentity.create();
            SessionRecord record = new SessionRecord(
                    id.toString(), session.applicationName(), yarn.where(), hdfs.stateRoot(), now(), identity);
            Upload upload = upload(yarnConfiguration, configuration, session, record, hdfs);
            progress.onStage("asking YARN for the master's container", "");
            describe(context, session, upload, credentials(yarnConfiguration, identity, hdfs));
            sessionFiles.write(record);
            yarn.submit(context);
            SessionDescription description = awaitMaster(yarn, record);
            begun = null;
            return new Opened(record, description, upload.libraries());
        } catch (IOException failed) {
            abandon();
            throw new ClientException(
                    ExitCode.NO_CLUSTER,
                    "The session's files could not be put into HDFS: " + failed.getMessage()
                            + " Check HDFS, and run the command again.",
                    failed);
        } catch (RuntimeException failed) {
            abandon();
            throw failed;
        }
    }

    /**
     * Takes back what was begun and not finished; answers whether there was anything. Also called by a shutdown hook.
     */
    public boolean abandon() {
        Begun undone = begun;
        if (undone == null) {
            return false;
        }
        begun = null;
        String id = undone.application().toString();
        attempt("kill " + id, () -> undone.yarn().kill(undone.application(), "It was not opened to the end."));
        attempt("delete " + undone.directory(), () -> undone.hdfs().delete(undone.directory()));
        attempt("forget " + id, () -> sessionFiles.delete(id));
        return true;
    }

    private static void attempt(String what, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException failed) {
            // The reason why the session was given up is what the user has to see; this only adds to it.
            LOG.warn("Could not {} after a session was given up.", what, failed);
        }
    }

    /** @throws ClientException if no session can be put into that queue, with those that it can be put into */
    public static void checkQueue(Yarn yarn, String name) {
        QueueInfo queue = yarn.queue(name).orElse(null);
        List<QueueInfo> leaves = yarn.leafQueues();
        String choices = String.join(
                ", ", leaves.stream().map(QueueInfo::getQueueName).sorted().toList());
        if (queue == null) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "The cluster has no queue \"" + name + "\". Choose one of these with -qu: " + choices + ".");
        }
        if (queue.getChildQueues() != null && !queue.getChildQueues().isEmpty()) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "The queue \"" + name + "\" only holds other queues. Choose one of these with -qu: " + choices
                            + ".");
        }
        if (queue.getQueueState() != QueueState.RUNNING) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "The queue \"" + name + "\" takes no applications: it is " + queue.getQueueState()
                            + ". Choose another one with -qu: " + choices + ".");
        }
    }

    /** What one container may have, as the ResourceManager and its nodes say. */
    public static ClusterLimits limits(Yarn yarn, GetNewApplicationResponse response) {
        Resource largest = response.getMaximumResourceCapability();
        List<ClusterLimits.Node> nodes = new ArrayList<>();
        for (NodeReport node : yarn.runningNodes()) {
            nodes.add(new ClusterLimits.Node(
                    node.getNodeId().toString(),
                    node.getCapability().getMemorySize(),
                    node.getCapability().getVirtualCores()));
        }
        return new ClusterLimits(largest.getMemorySize(), largest.getVirtualCores(), nodes);
    }

    /** What was put into HDFS. */
    private record Upload(Published libraries, SessionSpec spec, LibraryFile specFile) {}

    private Upload upload(
            YarnConfiguration yarnConfiguration,
            Configuration configuration,
            SessionConfig session,
            SessionRecord record,
            Hdfs hdfs)
            throws IOException {
        DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(hdfs.stateRoot()), yarnConfiguration);
        LibraryStore libraryStore = new LibraryStore(store, HashCache.open(hashCacheFile));
        List<Path> jars = distribution.jars();
        Map<String, Path> settings = new HashMap<>();
        hadoop.files().forEach(file -> settings.put(file.getFileName().toString(), file));
        if (Files.isReadable(distribution.containerLogSettings())) {
            settings.put(CONTAINER_LOG_SETTINGS, distribution.containerLogSettings());
        }
        Published published = libraryStore.publishAll(
                List.of(bundle.ofJars(jars), bundle.ofConfiguration(settings)), uploadProgress());
        SessionSpec spec = SessionSpec.newBuilder()
                .setFormat(SPEC_FORMAT)
                .setApplicationId(record.applicationId())
                .setStateRoot(record.stateRoot())
                .setUser(UserGroupInformation.getCurrentUser().getShortUserName())
                .putAllConfiguration(configuration.settings())
                .putAllOrigins(configuration.origins())
                .setLibraryArchive(published.entries().get(0).toWire())
                .addAllClassPath(
                        jars.stream().map(jar -> jar.getFileName().toString()).toList())
                .addHadoopConf(published.entries().get(1).toWire())
                .setClientVersion(Version.current())
                .setMaxAttempts(effectiveAttempts(session, yarnConfiguration))
                .setSessionName(record.name())
                .setOpenedMillis(record.openedMillis())
                .build();
        hdfs.makeDirectory(record.applicationDirectory());
        return new Upload(published, spec, writeSpec(yarnConfiguration, record, spec));
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
        org.apache.hadoop.fs.Path path =
                new org.apache.hadoop.fs.Path(record.applicationDirectory(), ContainerLayout.SPEC);
        var fileSystem = path.getFileSystem(hadoop);
        try (var out = fileSystem.create(path, false)) {
            spec.writeTo(out);
        }
        FileStatus status = fileSystem.getFileStatus(path);
        return LibraryFile.newBuilder()
                .setName(ContainerLayout.SPEC)
                .setPath(path.toString())
                .setLength(status.getLen())
                .setModificationTimeMillis(status.getModificationTime())
                .build();
    }

    /** YARN starts the master no more often than the cluster's own maximum, whatever is asked. */
    public static int effectiveAttempts(SessionConfig session, YarnConfiguration hadoop) {
        int cluster = hadoop.getInt(YarnConfiguration.RM_AM_MAX_ATTEMPTS, YarnConfiguration.DEFAULT_RM_AM_MAX_ATTEMPTS);
        int cap = hadoop.getInt(YarnConfiguration.GLOBAL_RM_AM_MAX_ATTEMPTS, cluster);
        return Math.min(session.maxAttempts(), cap);
    }

    private static Credentials credentials(YarnConfiguration hadoop, ApplicationIdentity identity, Hdfs hdfs) {
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text(ApplicationIdentity.CREDENTIALS_ALIAS), identity.encode());
        if (UserGroupInformation.isSecurityEnabled()) {
            hdfs.addTokens(hadoop.get(YarnConfiguration.RM_PRINCIPAL, ""), credentials);
        }
        return credentials;
    }

    private static void describe(
            ApplicationSubmissionContext context, SessionConfig session, Upload upload, Credentials credentials)
            throws IOException {
        context.setApplicationName(session.applicationName());
        context.setApplicationType(APPLICATION_TYPE);
        context.setQueue(session.queue());
        context.setResource(Resource.newInstance(session.masterMemory().mebibytes(), session.masterVcores()));
        context.setMaxAppAttempts(session.maxAttempts());
        context.setAttemptFailuresValidityInterval(
                session.attemptFailureWindow().toMillis());
        context.setKeepContainersAcrossApplicationAttempts(true);
        Map<String, LocalResource> files = new HashMap<>();
        files.put(
                ContainerLayout.SPEC,
                localResource(upload.specFile(), LocalResourceType.FILE, LocalResourceVisibility.APPLICATION));
        files.put(
                ContainerLayout.LIBRARIES,
                localResource(
                        upload.spec().getLibraryArchive(), LocalResourceType.ARCHIVE, LocalResourceVisibility.PRIVATE));
        for (LibraryFile file : upload.spec().getHadoopConfList()) {
            files.put(
                    ContainerLayout.configurationFile(file.getName()),
                    localResource(file, LocalResourceType.FILE, LocalResourceVisibility.PRIVATE));
        }
        DataOutputBuffer tokens = new DataOutputBuffer();
        credentials.writeTokenStorageToStream(tokens);
        context.setAMContainerSpec(ContainerLaunchContext.newInstance(
                files,
                LaunchCommand.environment(
                        upload.spec(),
                        UserGroupInformation.getCurrentUser().getShortUserName(),
                        UserGroupInformation.isSecurityEnabled()),
                List.of(LaunchCommand.of(session)),
                null,
                ByteBuffer.wrap(tokens.getData(), 0, tokens.getLength()),
                null));
    }

    private static LocalResource localResource(
            LibraryFile file, LocalResourceType type, LocalResourceVisibility visibility) {
        return LocalResource.newInstance(
                URL.fromPath(new org.apache.hadoop.fs.Path(file.getPath())),
                type,
                visibility,
                file.getLength(),
                file.getModificationTimeMillis());
    }

    private SessionDescription awaitMaster(Yarn yarn, SessionRecord record) {
        long deadline = System.nanoTime() + OPEN_TIMEOUT.toNanos();
        ApplicationId id = ApplicationId.fromString(record.applicationId());
        try (MasterConnection connection = new MasterConnection(yarn, record)) {
            while (System.nanoTime() - deadline < 0) {
                ApplicationReport report = yarn.report(id);
                SessionState state = SessionState.of(report);
                if (state.hasEnded()) {
                    throw new ClientException(
                            ExitCode.SESSION_FAILED,
                            "The session did not start: " + Diagnostics.ofEnd(report)
                                    + "Its master's log: yarn logs -applicationId " + id);
                }
                progress.onStage(waitingFor(report, state), "");
                if (state == SessionState.RUNNING) {
                    try {
                        return connection.tryCall(
                                stub -> stub.describeSession(DescribeSessionRequest.getDefaultInstance()));
                    } catch (MasterAbsentException notYet) {
                        LOG.debug("The master has registered and does not answer yet.", notYet);
                    }
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted; the session is given up.", interrupted);
        }
        throw new ClientException(
                ExitCode.SESSION_FAILED,
                "The session has not started within " + OPEN_TIMEOUT.toMinutes()
                        + " minutes and is given up: " + waitingFor(yarn.report(id), SessionState.WAITING)
                        + ". Look for room in the queue with: yarn queue -status NAME");
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
