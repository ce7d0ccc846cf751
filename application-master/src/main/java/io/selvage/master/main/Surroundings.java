package io.selvage.master.main;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.master.event.ExitCode;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * What the container tells the master about itself, checked once.
 *
 * @param bindHost empty for every address of the node
 * @param specFile where the session's description lies in HDFS
 */
record Surroundings(
        SessionSpec spec,
        LibraryFile specFile,
        Configuration configuration,
        SessionConfig session,
        ApplicationIdentity identity,
        YarnConfiguration hadoop,
        DurableStore store,
        String applicationId,
        int attempt,
        String host,
        String bindHost) {
    private static final String SPEC_NAME = "selvage-session.pb";
    private static final int SPEC_FORMAT = 1;

    /** @throws StartException with the reason why the master can't start here */
    static Surroundings read(Map<String, String> environment, Path workingDirectory) {
        SessionSpec spec = spec(workingDirectory.resolve(SPEC_NAME));
        Configuration configuration;
        SessionConfig session;
        try {
            configuration = Configuration.defaults().with(spec.getConfigurationMap(), "in " + SPEC_NAME);
            session = SessionConfig.from(configuration);
        } catch (ConfigException refused) {
            throw new StartException(ExitCode.BAD_CONFIGURATION, String.valueOf(refused.getMessage()), refused);
        }
        ContainerId container = container(environment);
        String applicationId =
                container.getApplicationAttemptId().getApplicationId().toString();
        if (!applicationId.equals(spec.getApplicationId())) {
            throw new StartException(
                    ExitCode.BAD_CONFIGURATION,
                    SPEC_NAME + " is of " + spec.getApplicationId() + ", and this container is of " + applicationId
                            + ".",
                    null);
        }
        YarnConfiguration hadoop = new YarnConfiguration();
        // Its client is not among the session's libraries, and nothing is reported to it.
        hadoop.setBoolean(YarnConfiguration.TIMELINE_SERVICE_ENABLED, false);
        ApplicationIdentity identity = identityOrThrow();
        try {
            DurableStore store = DurableStore.open(new org.apache.hadoop.fs.Path(spec.getStateRoot()), hadoop);
            return new Surroundings(
                    spec,
                    specFile(spec, store),
                    configuration,
                    session,
                    identity,
                    hadoop,
                    store,
                    applicationId,
                    container.getApplicationAttemptId().getAttemptId(),
                    variable(environment, Environment.NM_HOST.key()),
                    session.bindHost());
        } catch (IOException unavailable) {
            throw new StartException(
                    ExitCode.STATE_ROOT_UNAVAILABLE,
                    "The state root " + spec.getStateRoot() + " can't be read or written: " + unavailable.getMessage(),
                    unavailable);
        }
    }

    String applicationDirectory() {
        return spec.getStateRoot() + "/" + applicationId;
    }

    private static SessionSpec spec(Path file) {
        try {
            SessionSpec spec = SessionSpec.parseFrom(Files.readAllBytes(file));
            if (spec.getFormat() != SPEC_FORMAT) {
                throw new StartException(
                        ExitCode.BAD_CONFIGURATION,
                        SPEC_NAME + " has format " + spec.getFormat() + ", and this master knows " + SPEC_FORMAT
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
        String path = spec.getStateRoot() + "/" + spec.getApplicationId() + "/" + SPEC_NAME;
        var stored = store.status(path)
                .orElseThrow(() -> new IOException("The session's description " + path + " is missing."));
        return LibraryFile.newBuilder()
                .setName(SPEC_NAME)
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

    private static ApplicationIdentity identityOrThrow() {
        try {
            byte[] bytes = UserGroupInformation.getCurrentUser()
                    .getCredentials()
                    .getSecretKey(new Text(ApplicationIdentity.CREDENTIALS_ALIAS));
            if (bytes == null) {
                throw new StartException(
                        ExitCode.NO_IDENTITY,
                        "The container's credentials hold no " + ApplicationIdentity.CREDENTIALS_ALIAS
                                + ": open sessions with yarn-session.sh.",
                        null);
            }
            return ApplicationIdentity.decode(bytes);
        } catch (IOException | IllegalArgumentException damaged) {
            throw new StartException(
                    ExitCode.NO_IDENTITY,
                    "The application's identity can't be read from the container's credentials: "
                            + damaged.getMessage(),
                    damaged);
        }
    }
}
