package io.selvage.master.main;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.master.event.ExitCode;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import io.selvage.protocol.wire.SubmitJobRequest;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * What the container tells the master about itself, checked once.
 *
 * @param launchedWith all that YARN has handed to the container
 * @param keytab where it is, if the session has one
 * @param node YARN's id of it
 * @param bindHost empty for every address of the node
 */
record Surroundings(
        SessionSpec spec,
        Configuration configuration,
        SessionConfig session,
        ApplicationIdentity identity,
        Credentials launchedWith,
        Path keytab,
        String applicationId,
        int attempt,
        String host,
        String node,
        String bindHost) {
    /** @throws StartException with the reason why the master can't start here */
    static Surroundings read(Map<String, String> environment, Path workingDirectory) {
        SessionSpec spec = spec(workingDirectory.resolve(ContainerLayout.SPEC));
        Configuration configuration;
        SessionConfig session;
        try {
            configuration = Configuration.defaults().with(spec.getConfigurationMap(), "in " + ContainerLayout.SPEC);
            session = SessionConfig.from(configuration);
            Configuration ofJob = configuration.with(spec.getJob().getSettingsMap(), "in " + ContainerLayout.SPEC);
            JobConfig.from(ofJob);
            SessionConfig.from(ofJob);
        } catch (ConfigException refused) {
            throw new StartException(ExitCode.BAD_CONFIGURATION, String.valueOf(refused.getMessage()), refused);
        }
        ContainerId container = container(environment);
        String applicationId =
                container.getApplicationAttemptId().getApplicationId().toString();
        if (!applicationId.equals(spec.getApplicationId())) {
            throw new StartException(
                    ExitCode.BAD_CONFIGURATION,
                    ContainerLayout.SPEC + " is of " + spec.getApplicationId() + ", and this container is of "
                            + applicationId + ".",
                    null);
        }
        String host = variable(environment, Environment.NM_HOST.key());
        Credentials launchedWith = credentialsOrThrow(environment);
        return new Surroundings(
                spec,
                configuration,
                session,
                identityOrThrow(launchedWith),
                launchedWith,
                workingDirectory.resolve(ContainerLayout.KEYTAB).toAbsolutePath(),
                applicationId,
                container.getApplicationAttemptId().getAttemptId(),
                host,
                host + ":" + environment.getOrDefault(Environment.NM_PORT.key(), "0"),
                session.bindHost());
    }

    /** Hadoop's settings as they are on the class path. Slow: it reads long files. */
    static YarnConfiguration hadoop() {
        YarnConfiguration hadoop = new YarnConfiguration();
        // Its client is not among the session's libraries, and nothing is reported to it.
        hadoop.setBoolean(YarnConfiguration.TIMELINE_SERVICE_ENABLED, false);
        return hadoop;
    }

    /**
     * What the master has in HDFS.
     *
     * @param specFile where the session's description lies there
     */
    record Storage(DurableStore store, LibraryFile specFile) {}

    /** Opens the state root. Blocks. */
    Storage openStorage(YarnConfiguration hadoop) {
        try {
            DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(spec.getStateRoot()), hadoop);
            return new Storage(store, specFile(spec, store));
        } catch (IOException unavailable) {
            throw new StartException(
                    ExitCode.STATE_ROOT_UNAVAILABLE,
                    "The state root " + spec.getStateRoot() + " can't be read or written: " + unavailable.getMessage(),
                    unavailable);
        }
    }

    /** The one that the application is for, if it is no session. */
    Optional<SubmitJobRequest> onlyJob() {
        return spec.hasJob() ? Optional.of(spec.getJob()) : Optional.empty();
    }

    String applicationDirectory() {
        return spec.getStateRoot() + "/" + applicationId;
    }

    private static SessionSpec spec(Path file) {
        try {
            SessionSpec spec = SessionSpec.parseFrom(Files.readAllBytes(file));
            if (spec.getFormat() != ContainerLayout.SPEC_FORMAT) {
                throw new StartException(
                        ExitCode.BAD_CONFIGURATION,
                        ContainerLayout.SPEC + " has format " + spec.getFormat() + ", and this master knows "
                                + ContainerLayout.SPEC_FORMAT
                                + " only: client and session libraries must be of one version.",
                        null);
            }
            return spec;
        } catch (IOException unreadable) {
            throw new StartException(
                    ExitCode.BAD_CONFIGURATION,
                    "The session's description " + file + " can't be read: " + unreadable.getMessage(),
                    unreadable);
        }
    }

    private static LibraryFile specFile(SessionSpec spec, DurableStore store) throws IOException {
        String path = spec.getStateRoot() + "/" + spec.getApplicationId() + "/" + ContainerLayout.SPEC;
        var stored = store.status(path)
                .orElseThrow(() -> new IOException("The session's description " + path + " is missing."));
        return LibraryFile.newBuilder()
                .setName(ContainerLayout.SPEC)
                .setPath(stored.path())
                .setLength(stored.length())
                .setModificationTimeMillis(stored.modificationTimeMillis())
                .build();
    }

    private static ContainerId container(Map<String, String> environment) {
        String text = variable(environment, Environment.CONTAINER_ID.key());
        try {
            return ContainerId.fromString(text);
        } catch (IllegalArgumentException malformed) {
            throw new StartException(
                    ExitCode.BAD_CONFIGURATION,
                    "CONTAINER_ID is \"" + text + "\", which is no container's id.",
                    malformed);
        }
    }

    private static String variable(Map<String, String> environment, String name) {
        @Nullable String value = environment.get(name);
        if (value == null || value.isBlank()) {
            throw new StartException(
                    ExitCode.BAD_CONFIGURATION,
                    "The variable " + name + " is not set: the master runs in a YARN container only.",
                    null);
        }
        return value;
    }

    /** From the file of credentials itself: all of Hadoop's notion of users can be loaded beside. */
    private static Credentials credentialsOrThrow(Map<String, String> environment) {
        Credentials credentials = new Credentials();
        String file = variable(environment, UserGroupInformation.HADOOP_TOKEN_FILE_LOCATION);
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(Path.of(file))))) {
            credentials.readTokenStorageStream(in);
            return credentials;
        } catch (IOException damaged) {
            throw noIdentity(damaged);
        }
    }

    private static ApplicationIdentity identityOrThrow(Credentials credentials) {
        byte[] bytes = credentials.getSecretKey(new Text(ApplicationIdentity.CREDENTIALS_ALIAS));
        if (bytes == null) {
            throw new StartException(
                    ExitCode.NO_IDENTITY,
                    "The container's credentials hold no " + ApplicationIdentity.CREDENTIALS_ALIAS
                            + ": open sessions with yarn-session.sh.",
                    null);
        }
        try {
            return ApplicationIdentity.decode(bytes);
        } catch (IllegalArgumentException damaged) {
            throw noIdentity(damaged);
        }
    }

    private static StartException noIdentity(Exception damaged) {
        return new StartException(
                ExitCode.NO_IDENTITY,
                "The application's identity can't be read from the container's credentials: " + damaged.getMessage(),
                damaged);
    }
}
