package io.selvage.master.yarn;

import io.selvage.master.token.TokenSource;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.CommonConfigurationKeysPublic;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.client.ClientRMProxy;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.ConverterUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obtains tokens of HDFS and of the ResourceManager with the process's own log-in; used by one thread at a time. The
 * session's user is their renewer, and renews each once to learn how long it holds: nobody else knows of them.
 */
public final class KerberosTokens implements TokenSource {
    /** So long the ResourceManager is tried; the keeper of the tokens tries again. */
    static final int CONNECT_LIMIT_MILLIS = 10_000;

    private static final int RETRY_MILLIS = 500;
    /** Of tokens of services that don't say; HDFS and the ResourceManager do. */
    private static final Duration UNTOLD_LIFETIME = Duration.ofHours(12);

    private static final Logger LOG = LoggerFactory.getLogger(KerberosTokens.class);

    private final YarnConfiguration hadoop;
    private final Set<Path> fileSystems = new LinkedHashSet<>();
    private final List<Path> further;

    /** @param further URIs of file systems, beside those of the state root and the default one */
    public KerberosTokens(YarnConfiguration hadoop, String stateRoot, List<String> further) {
        this.hadoop = new YarnConfiguration(hadoop);
        this.hadoop.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, CONNECT_LIMIT_MILLIS);
        this.hadoop.setInt(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, RETRY_MILLIS);
        // What a cluster sets for two ResourceManagers would win.
        this.hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_MAX_ATTEMPTS, CONNECT_LIMIT_MILLIS / RETRY_MILLIS);
        this.hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_BASE_MS, RETRY_MILLIS);
        this.hadoop.setInt(YarnConfiguration.CLIENT_FAILOVER_SLEEPTIME_MAX_MS, RETRY_MILLIS);
        fileSystems.add(new Path(stateRoot));
        fileSystems.add(new Path(FileSystem.getDefaultUri(hadoop)));
        this.further = further.stream().map(Path::new).toList();
    }

    @Override
    public Obtained obtain() throws IOException {
        UserGroupInformation user = UserGroupInformation.getLoginUser();
        user.checkTGTAndReloginFromKeytab();
        Credentials tokens = new Credentials();
        for (Path path : fileSystems) {
            path.getFileSystem(hadoop).addDelegationTokens(user.getUserName(), tokens);
        }
        addTokenOfResourceManager(user.getUserName(), tokens);
        long end = endOf(tokens, hadoop);
        for (Path path : further) {
            end = Math.min(end, tryAdd(path, user.getUserName(), tokens));
        }
        return new Obtained(tokens, end);
    }

    /** One of these that does not answer must not take the others' tokens along; answers when its own end. */
    private long tryAdd(Path path, String renewer, Credentials tokens) {
        YarnConfiguration impatient = new YarnConfiguration(hadoop);
        impatient.setInt(CommonConfigurationKeysPublic.IPC_CLIENT_CONNECT_MAX_RETRIES_KEY, 1);
        impatient.setInt(CommonConfigurationKeysPublic.IPC_CLIENT_CONNECT_MAX_RETRIES_ON_SOCKET_TIMEOUTS_KEY, 1);
        try (FileSystem fileSystem = FileSystem.newInstance(path.toUri(), impatient)) {
            Credentials own = new Credentials();
            fileSystem.addDelegationTokens(renewer, own);
            long end = endOf(own, impatient);
            tokens.addAll(own);
            return end;
        } catch (IOException | IllegalArgumentException unreachable) { // The latter for a host that has no address.
            LOG.warn("{} gives no delegation token; it is asked again with the next ones.", path, unreachable);
            return Long.MAX_VALUE;
        }
    }

    private void addTokenOfResourceManager(String renewer, Credentials tokens) throws IOException {
        try (YarnClient yarn = YarnClient.createYarnClient()) {
            yarn.init(hadoop);
            yarn.start();
            Token<?> token = ConverterUtils.convertFromYarn(
                    yarn.getRMDelegationToken(new Text(renewer)), ClientRMProxy.getRMDelegationTokenService(hadoop));
            tokens.addToken(token.getService(), token);
        } catch (YarnException refused) {
            throw new IOException("The ResourceManager gives no delegation token: " + refused.getMessage(), refused);
        }
    }

    private static long endOf(Credentials tokens, YarnConfiguration hadoop) throws IOException {
        long end = System.currentTimeMillis() + UNTOLD_LIFETIME.toMillis();
        try {
            boolean isTold = false;
            for (Token<?> token : tokens.getAllTokens()) {
                if (token.isManaged()) {
                    long renewed = token.renew(hadoop);
                    end = isTold ? Math.min(end, renewed) : renewed;
                    isTold = true;
                }
            }
            return end;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while tokens were renewed.", interrupted);
        }
    }
}
