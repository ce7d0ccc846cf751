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
 * <p>The cluster lives in {@code target/mini-cluster-tests} if there is a folder {@code target}, else in a temporary
 * folder that is deleted at the end.
 */
public final class MiniClusterExtension implements BeforeAllCallback, ParameterResolver {

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
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(SharedCluster.class, key -> SharedCluster.start(), SharedCluster.class)
                .cluster();
    }

    /** What JUnit closes when its root context ends. */
    private record SharedCluster(MiniCluster cluster, boolean temporary) implements AutoCloseable {

        static SharedCluster start() {
            Path target = Path.of("target");
            boolean temporary = !Files.isDirectory(target);
            try {
                Path folder = temporary
                        ? Files.createTempDirectory("mini-cluster-tests")
                        : target.resolve("mini-cluster-tests");
                return new SharedCluster(MiniCluster.builder(folder).start(), temporary);
            } catch (IOException e) {
                throw new IllegalStateException("The mini-cluster of the tests did not start: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while the mini-cluster of the tests was starting.", e);
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
