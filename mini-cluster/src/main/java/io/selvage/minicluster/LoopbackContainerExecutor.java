package io.selvage.minicluster;

import org.apache.hadoop.yarn.server.nodemanager.DefaultContainerExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Hands containers the environment that a node of a real cluster hands them. A NodeManager passes its own JAVA_HOME and
 * HADOOP_CONF_DIR on to containers that set none; embedded in a program, it cannot count on having them.
 */
final class LoopbackContainerExecutor extends DefaultContainerExecutor {

    static final String CONFIGURATION_FOLDER = "yarn.nodemanager.selvage.configuration-folder";

    @Override
    protected @Nullable String getNMEnvVar(String name) {
        return switch (name) {
            case "JAVA_HOME" -> System.getProperty("java.home");
            case "HADOOP_CONF_DIR" -> getConf().get(CONFIGURATION_FOLDER);
            // There is no Hadoop installation on the nodes, whatever the machine that embeds them has.
            case "HADOOP_HOME", "HADOOP_COMMON_HOME", "HADOOP_HDFS_HOME", "HADOOP_YARN_HOME" -> null;
            default -> System.getenv(name);
        };
    }
}
