package io.selvage.task.main;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.process.MasterHint;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.SessionSpec;
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
import org.jspecify.annotations.Nullable;

/**
 * What the container tells the executor about itself, checked once.
 *
 * @param logUrl empty if the node does not say where its logs are
 * @param launchedBy the master that was there then
 */
record Surroundings(
        SessionSpec spec,
        Configuration configuration,
        SessionConfig session,
        ApplicationIdentity identity,
        ExecutorId executor,
        String host,
        String node,
        String logUrl,
        Optional<MasterHint> launchedBy) {
    static Surroundings read(Map<String, String> environment, Path workingDirectory) throws StartException {
        SessionSpec spec = spec(workingDirectory.resolve(ContainerLayout.SPEC));
        String container = variable(environment, "CONTAINER_ID");
        String host = variable(environment, "NM_HOST");
        try {
            Configuration configuration =
                    Configuration.defaults().with(spec.getConfigurationMap(), "in " + ContainerLayout.SPEC);
            return new Surroundings(
                    spec,
                    configuration,
                    SessionConfig.from(configuration),
                    identityOrThrow(environment),
                    new ExecutorId(container),
                    host,
                    host + ":" + environment.getOrDefault("NM_PORT", "0"),
                    logUrl(environment, container, spec.getUser()),
                    MasterHint.in(environment));
        } catch (ConfigException refused) {
            throw new StartException(String.valueOf(refused.getMessage()), refused);
        }
    }

    /** Opens the state root. Blocks. */
    DurableStore openStore() throws StartException {
        try {
            return DurableStore.open(
                    new org.apache.hadoop.fs.Path(spec.getStateRoot()), new org.apache.hadoop.conf.Configuration());
        } catch (IOException unavailable) {
            throw new StartException(
                    "The state root " + spec.getStateRoot() + " can't be used: " + unavailable.getMessage(),
                    unavailable);
        }
    }

    private static SessionSpec spec(Path file) throws StartException {
        try {
            SessionSpec spec = SessionSpec.parseFrom(Files.readAllBytes(file));
            if (spec.getFormat() != ContainerLayout.SPEC_FORMAT) {
                throw new StartException(
                        ContainerLayout.SPEC + " has format " + spec.getFormat() + ", and this executor knows "
                                + ContainerLayout.SPEC_FORMAT
                                + " only: client and session libraries must be of one version.",
                        null);
            }
            return spec;
        } catch (IOException unreadable) {
            throw new StartException(
                    "The session's description " + file + " can't be read: " + unreadable.getMessage(), unreadable);
        }
    }

    /** From the file of credentials itself: all of Hadoop's notion of users can be loaded beside. */
    private static ApplicationIdentity identityOrThrow(Map<String, String> environment) throws StartException {
        Credentials credentials = new Credentials();
        String file = variable(environment, UserGroupInformation.HADOOP_TOKEN_FILE_LOCATION);
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(Path.of(file))))) {
            credentials.readTokenStorageStream(in);
            byte[] bytes = credentials.getSecretKey(new Text(ApplicationIdentity.CREDENTIALS_ALIAS));
            if (bytes == null) {
                throw new StartException(
                        "The container's credentials hold no " + ApplicationIdentity.CREDENTIALS_ALIAS
                                + ": executors are started by a session's master only.",
                        null);
            }
            return ApplicationIdentity.decode(bytes);
        } catch (IOException | IllegalArgumentException damaged) {
            throw new StartException(
                    "The application's identity can't be read from the container's credentials: "
                            + damaged.getMessage(),
                    damaged);
        }
    }

    private static String logUrl(Map<String, String> environment, String container, String user) {
        String port = environment.get("NM_HTTP_PORT");
        return port == null
                ? ""
                : "http://" + environment.get("NM_HOST") + ":" + port + "/node/containerlogs/" + container + "/" + user;
    }

    private static String variable(Map<String, String> environment, String name) throws StartException {
        @Nullable String value = environment.get(name);
        if (value == null || value.isBlank()) {
            throw new StartException(
                    "The variable " + name + " is not set: an executor runs in a YARN container only.", null);
        }
        return value;
    }
}
