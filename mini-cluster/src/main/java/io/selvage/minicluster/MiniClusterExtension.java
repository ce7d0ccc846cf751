package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives JUnit tests one running {@link MiniCluster} for all test classes of the run; started by the first class that
 * asks for it, closed by JUnit when the last test has ended.
 *
 * <pre>{@code
 * @ExtendWith(MiniClusterExtension.class)
 * class JobTest {
 *     @Test
 *     void countsWords(MiniCluster cluster) { ... }
 * }
 * }</pre>
 *
 * A parameter may also be a Hadoop {@link Configuration}. As a static field with {@code @RegisterExtension}, the
 * extension itself answers {@link #cluster()}. Tests share HDFS and YARN: let each use folders and names of its own.
 *
 * <p>The cluster lives in {@code target/mini-cluster-tests} if there is a folder {@code target}, with a number behind
 * its name if another process of tests has that, else in a temporary folder that is deleted at the end.
 */
public final class MiniClusterExtension implements BeforeAllCallback, ParameterResolver {

    private static final String NAME = "mini-cluster-tests";

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(MiniClusterExtension.class);

    // Set by JUnit's thread before all tests of a class, read by the tests' threads: nothing else orders the two.
    private volatile @Nullable MiniCluster cluster;

    /** The running cluster. */
    public MiniCluster cluster() {
        MiniCluster running = cluster;
        if (running == null) {
            throw new IllegalStateException("The mini-cluster has not started: put this extension into a static field"
                    + " with @RegisterExtension, and ask for the cluster from @BeforeAll on.");
        }
        return running;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        cluster = shared(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == MiniCluster.class || type == Configuration.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        MiniCluster running = shared(context);
        return parameter.getParameter().getType() == MiniCluster.class ? running : running.hadoopConfiguration();
    }

    private static MiniCluster shared(ExtensionContext context) {
        // A process that is given one class after the other executes each for itself, in one session.
        return context.getStore(ExtensionContext.StoreScope.LAUNCHER_SESSION, NAMESPACE)
                .computeIfAbsent(SharedCluster.class, key -> SharedCluster.start(), SharedCluster.class)
                .cluster();
    }

    /** What JUnit closes when its session ends. */
    private record SharedCluster(MiniCluster cluster, boolean temporary) implements AutoCloseable {

        static SharedCluster start() {
            Path target = Path.of("target");
            boolean temporary = !Files.isDirectory(target);
            try {
                MiniCluster cluster = temporary
                        ? MiniCluster.builder(Files.createTempDirectory(NAME)).start()
                        : startIn(target);
                return new SharedCluster(cluster, temporary);
            } catch (IOException e) {
                throw new IllegalStateException("The mini-cluster of the tests did not start: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while the mini-cluster of the tests was starting.", e);
            }
        }

        private static MiniCluster startIn(Path target) throws IOException, InterruptedException {
            String name = NAME;
            for (int next = 2; ; next++) {
                try {
                    return MiniCluster.builder(target.resolve(name)).start();
                } catch (FolderLock.InUseException taken) {
                    name = NAME + "-" + next;
                }
            }
        }

        @Override
        public void close() throws IOException {
            cluster.close();
            if (temporary && !FileUtil.fullyDelete(cluster.baseFolder().toFile())) {
                throw new IOException("Could not delete " + cluster.baseFolder() + ".");
            }
        }
    }
}
