package io.selvage.client.deploy;

import io.selvage.client.connect.DaemonPage;
import io.selvage.protocol.config.SessionConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/**
 * How often YARN starts a master at most, whatever is asked: as the ResourceManager says of itself, and if it tells
 * strangers nothing, as this host's {@code yarn-site.xml} says of it.
 */
public final class AttemptCap {
    /** It answers within milliseconds, or something is in the way; nobody is to wait for that. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Configuration own;
    private final CompletableFuture<Optional<DaemonPage>> page;
    private final Duration patience;

    private AttemptCap(Configuration own, CompletableFuture<Optional<DaemonPage>> page, Duration patience) {
        this.own = own;
        this.page = page;
        this.patience = patience;
    }

    /** Asks, on a thread of its own. */
    static AttemptCap ask(YarnConfiguration hadoop) {
        return ask(hadoop, PATIENCE);
    }

    static AttemptCap ask(YarnConfiguration hadoop, Duration patience) {
        CompletableFuture<Optional<DaemonPage>> page = new CompletableFuture<>();
        Thread asking = new Thread(
                () -> {
                    try {
                        page.complete(DaemonPage.ofResourceManager(hadoop));
                    } catch (InterruptedException | RuntimeException unknown) {
                        page.complete(Optional.empty());
                    }
                },
                "attempt-cap");
        asking.setDaemon(true);
        asking.start();
        return new AttemptCap(hadoop, page, patience);
    }

    /** Waits for the answer, for a second at most. */
    int effective(SessionConfig session) {
        Configuration managers = page.completeOnTimeout(Optional.empty(), patience.toMillis(), TimeUnit.MILLISECONDS)
                .join()
                .map(DaemonPage::settings)
                .orElse(own);
        return effective(session, managers);
    }

    /** @param managers the ResourceManager's settings, or what is taken for them */
    public static int effective(SessionConfig session, Configuration managers) {
        int perApplication =
                managers.getInt(YarnConfiguration.RM_AM_MAX_ATTEMPTS, YarnConfiguration.DEFAULT_RM_AM_MAX_ATTEMPTS);
        return Math.min(
                session.maxAttempts(), managers.getInt(YarnConfiguration.GLOBAL_RM_AM_MAX_ATTEMPTS, perApplication));
    }
}
