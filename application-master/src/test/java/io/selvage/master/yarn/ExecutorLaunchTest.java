package io.selvage.master.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.ContainerEnd;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.failure.ExitWords;
import io.selvage.protocol.process.MasterHint;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.api.records.ApplicationAccessType;
import org.apache.hadoop.yarn.api.records.ContainerExitStatus;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceTypeInfo;
import org.apache.hadoop.yarn.security.AMRMTokenIdentifier;
import org.apache.hadoop.yarn.util.resource.ResourceUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutorLaunchTest {
    private static final SessionSpec SPEC = SessionSpec.newBuilder()
            .setUser("anna")
            .setLibraryArchive(file("libraries.zip"))
            .addClassPath("a.jar")
            .addClassPath("task-container.jar")
            .addHadoopConf(file("configuration.jar"))
            .build();

    private static LibraryFile file(String name) {
        return LibraryFile.newBuilder()
                .setName(name)
                .setPath("hdfs://nn:8020/user/anna/.selvage/" + name)
                .setLength(7)
                .setModificationTimeMillis(9)
                .build();
    }

    private static ExecutorLaunch launch(String jvmOptions, boolean secure) {
        SessionConfig config = SessionConfig.from(
                Configuration.defaults().with(Map.of("selvage.executor.jvm-options", jvmOptions), "in the test"));
        return new ExecutorLaunch(SPEC, file("selvage-session.pb"), config, new MasterHint(3, "n7", 4711), secure);
    }

    @Test
    void givesExecutorsTheFilesOfTheSession() throws Exception {
        ContainerLaunchContext context = launch("", false).context(1024, new Credentials());
        assertThat(context.getLocalResources())
                .containsOnlyKeys("selvage-session.pb", "lib", "hadoop-conf/configuration.jar");
        LocalResource libraries = context.getLocalResources().get("lib");
        assertThat(libraries.getVisibility()).isEqualTo(LocalResourceVisibility.PRIVATE);
        assertThat(libraries.getType()).isEqualTo(LocalResourceType.ARCHIVE);
        assertThat(context.getEnvironment())
                .containsEntry("CLASSPATH", "lib/a.jar:lib/task-container.jar:hadoop-conf/configuration.jar")
                .containsEntry("SELVAGE_MASTER", "3:4711:n7");
    }

    @Test
    void givesExecutorsWhatTheUserHasShippedAndSet() throws Exception {
        SessionConfig config = SessionConfig.from(Configuration.defaults()
                .withOptions(List.of(
                        "selvage.executor.env.REGION=north",
                        "selvage.master.env.REGION=south",
                        "selvage.application.view-acl=bert ops",
                        "selvage.application.modify-acl=*")));
        SessionSpec spec = SPEC.toBuilder()
                .addShippedFile(file("rules.txt"))
                .addShippedFolder(file("models"))
                .addUserJar(file("driver.jar"))
                .build();
        ContainerLaunchContext context = new ExecutorLaunch(
                        spec, file("selvage-session.pb"), config, new MasterHint(3, "n7", 4711), true)
                .context(1024, new Credentials());
        Map<String, LocalResource> files = context.getLocalResources();
        assertThat(files.get("rules.txt").getType()).isEqualTo(LocalResourceType.FILE);
        assertThat(files.get("models").getType()).isEqualTo(LocalResourceType.ARCHIVE);
        assertThat(files).containsKey("user-jars/driver.jar");
        assertThat(context.getEnvironment())
                .containsEntry("REGION", "north")
                .containsEntry("CLASSPATH", "lib/a.jar:lib/task-container.jar:hadoop-conf/configuration.jar");
        assertThat(context.getApplicationACLs())
                .containsOnly(
                        Map.entry(ApplicationAccessType.VIEW_APP, "bert ops"),
                        Map.entry(ApplicationAccessType.MODIFY_APP, "*"));
    }

    @Test
    void asksForNodesOfTheExecutorsLabelElseOfTheApplications() {
        assertThat(labelOf()).isNull();
        assertThat(labelOf("selvage.application.node-label=gpu")).isEqualTo("gpu");
        assertThat(labelOf("selvage.application.node-label=gpu", "selvage.executor.node-label=ssd"))
                .isEqualTo("ssd");
    }

    @Test
    void asksForTheResourcesOfTheSessionAndSaysWhatTheClusterDoesNotGive() {
        SessionConfig config = SessionConfig.from(Configuration.defaults()
                .withOptions(List.of("selvage.executor.resource.yarn.io/gpu=2", "selvage.executor.resource.lic=1")));
        List<ResourceTypeInfo> known = ResourceUtils.getResourcesTypeInfo();
        List<ResourceTypeInfo> more = new ArrayList<>(known);
        more.add(ResourceTypeInfo.newInstance("yarn.io/gpu"));
        try {
            ResourceUtils.reinitializeResources(more);
            Resource largest = Resource.newInstance(8192, 4);
            largest.setResourceValue("yarn.io/gpu", 1);
            assertThat(YarnCluster.unfit(config, largest))
                    .contains("1 of lic and 2 of yarn.io/gpu", "another selvage.executor.resource");
            assertThat(YarnCluster.unfit(config, Resource.newInstance(16, 4)))
                    .contains("than the cluster allows, which is 16 MiB and 4", "a smaller selvage.executor.memory");

            more.add(ResourceTypeInfo.newInstance("lic"));
            ResourceUtils.reinitializeResources(more);
            Resource enough = Resource.newInstance(8192, 4);
            enough.setResourceValue("yarn.io/gpu", 2);
            enough.setResourceValue("lic", 7);
            assertThat(YarnCluster.unfit(config, enough)).isEmpty();
            Resource asked = YarnCluster.request(config, 1024, 1).getCapability();
            assertThat(asked.getMemorySize()).isEqualTo(1024);
            assertThat(asked.getResourceValue("yarn.io/gpu")).isEqualTo(2);
            assertThat(asked.getResourceValue("lic")).isEqualTo(1);
        } finally {
            ResourceUtils.reinitializeResources(known);
        }
    }

    private static @Nullable String labelOf(String... options) {
        SessionConfig config = SessionConfig.from(Configuration.defaults().withOptions(List.of(options)));
        return YarnCluster.request(config, 1024, 1).getNodeLabelExpression();
    }

    @Test
    void namesTheSubmitterOnlyWhereNobodyProvesWhoHeIs() throws Exception {
        assertThat(launch("", false).context(1024, new Credentials()).getEnvironment())
                .containsEntry("HADOOP_USER_NAME", "anna");
        assertThat(launch("", true).context(1024, new Credentials()).getEnvironment())
                .doesNotContainKey("HADOOP_USER_NAME");
    }

    @Test
    void handsOutTheIdentityAndTokensButNotTheMastersOwn() throws Exception {
        Credentials ours = new Credentials();
        ours.addSecretKey(new Text("selvage.identity"), new byte[] {1, 2});
        ours.addToken(new Text("rm"), token(AMRMTokenIdentifier.KIND_NAME.toString()));
        ours.addToken(new Text("nn"), token("HDFS_DELEGATION_TOKEN"));
        ByteBuffer handed = launch("", true).context(1024, ours).getTokens();
        byte[] bytes = new byte[handed.remaining()];
        handed.get(bytes);
        Credentials theirs = new Credentials();
        theirs.readTokenStorageStream(new DataInputStream(new ByteArrayInputStream(bytes)));
        assertThat(theirs.getSecretKey(new Text("selvage.identity"))).containsExactly(1, 2);
        assertThat(theirs.getAllTokens())
                .extracting(token -> token.getKind().toString())
                .containsExactly("HDFS_DELEGATION_TOKEN");
    }

    private static Token<?> token(String kind) {
        return new Token<>(new byte[] {1}, new byte[] {2}, new Text(kind), new Text(kind));
    }

    @Test
    void startsTheExecutorsMainWithTheOptionsOfTheSession() {
        String command = launch("-Dx=y -Xlog:gc*:file=gc.log", false).command(2048);
        assertThat(command)
                .startsWith("exec {{JAVA_HOME}}/bin/java -Xms1075m -Xmx1075m ")
                .contains(" -XX:+ExitOnOutOfMemoryError -XX:+DisplayVMOutputToStderr ")
                .contains(" '-Dx=y' '-Xlog:gc*:file=gc.log' io.selvage.task.main.ExecutorMain ")
                .endsWith("1><LOG_DIR>/executor.log 2><LOG_DIR>/stderr");
    }

    /** A job of the session may have its state on the disk, whatever the others have. */
    @Test
    void theHeapLeavesRocksDbItsShareWhicheverBackendTheSessionHas() {
        assertThat(heapOf("selvage.state.backend=heap")).contains(" -Xmx454m ");
        assertThat(heapOf("selvage.state.backend=rocksdb")).contains(" -Xmx454m ");
        assertThat(heapOf("selvage.executor.rocksdb-share=0")).contains(" -Xmx710m ");
    }

    private static String heapOf(String option) {
        SessionConfig config = SessionConfig.from(Configuration.defaults().withOptions(List.of(option)));
        return new ExecutorLaunch(SPEC, file("selvage-session.pb"), config, new MasterHint(3, "n7", 4711), false)
                .command(1024);
    }

    /** The JVM does not start with a heap that begins larger than it may become, or smaller than its least size. */
    @ParameterizedTest
    @ValueSource(strings = {"-Xmx900m", "-Dx=y -XX:MaxHeapSize=900m", "-XX:InitialHeapSize=64m", "-XX:MinHeapSize=64m"})
    void aHeapThatTheUserSetsBeginsAsTheUserOrTheJvmSays(String options) {
        assertThat(launch(options, false).command(2048)).doesNotContain("-Xms");
    }

    @ParameterizedTest
    @ValueSource(longs = {256, 384, 512, 1024, 4096, 65536})
    void leavesRoomBesidesHeapAndDirectBuffers(long memoryMib) {
        long rest = memoryMib - ExecutorLaunch.heapMib(memoryMib, 0) - ExecutorLaunch.directMib(memoryMib);
        assertThat(ExecutorLaunch.heapMib(memoryMib, 0)).isGreaterThanOrEqualTo(memoryMib / 4);
        assertThat(rest).isGreaterThanOrEqualTo(Math.min(192, memoryMib / 2));
    }

    @Test
    void knowsWhoseDoingAnEndIs() {
        assertThat(List.of(ContainerExitStatus.KILLED_EXCEEDED_PMEM, ContainerExitStatus.KILLED_EXCEEDED_VMEM))
                .allMatch(status -> ContainerEnd.of(status) == ContainerEnd.MEMORY);
        assertThat(List.of(
                        ContainerExitStatus.ABORTED,
                        ContainerExitStatus.PREEMPTED,
                        ContainerExitStatus.KILLED_BY_APPMASTER,
                        ContainerExitStatus.KILLED_BY_RESOURCEMANAGER,
                        ContainerExitStatus.KILLED_AFTER_APP_COMPLETION,
                        ContainerExitStatus.KILLED_BY_CONTAINER_SCHEDULER))
                .allMatch(status -> ContainerEnd.of(status) == ContainerEnd.TAKEN);
        assertThat(ContainerEnd.of(ContainerExitStatus.DISKS_FAILED)).isEqualTo(ContainerEnd.NODE);
        assertThat(List.of(
                        ContainerExitStatus.SUCCESS,
                        ContainerExitStatus.INVALID,
                        ContainerExitStatus.KILLED_FOR_EXCESS_LOGS,
                        1,
                        137))
                .allMatch(status -> ContainerEnd.of(status) == ContainerEnd.PROCESS);
    }

    @Test
    void whatAllMayReadIsFetchedOnceForAllUsers() throws Exception {
        SessionSpec shared = SPEC.toBuilder()
                .setLibraryArchive(file("libraries.zip").toBuilder().setForAll(true))
                .build();
        ContainerLaunchContext context = new ExecutorLaunch(
                        shared,
                        file("selvage-session.pb"),
                        SessionConfig.from(Configuration.defaults()),
                        new MasterHint(3, "n7", 4711),
                        false)
                .context(1024, new Credentials());
        assertThat(context.getLocalResources().get("lib").getVisibility()).isEqualTo(LocalResourceVisibility.PUBLIC);
        assertThat(context.getLocalResources()
                        .get("hadoop-conf/configuration.jar")
                        .getVisibility())
                .isEqualTo(LocalResourceVisibility.PRIVATE);
    }

    @Test
    void putsExitStatusIntoWords() {
        assertThat(ExitStatus.explain("container_1", 137, "")).contains("signal 9", "(exit status 137)");
        assertThat(ExitStatus.explain("container_1", -104, "Container is running\nbeyond"))
                .contains("raise selvage.executor.memory", "YARN says: Container is running");
        assertThat(ExitStatus.explain("container_1", 1, "")).contains("docs/operations.md");
        assertThat(ExitStatus.explain("container_1", 45, "selvage executor: 3 of 40 MiB are free"))
                .contains("local disk", "make room there", "It said: 3 of 40 MiB are free");
        assertThat(ExitStatus.explain("container_1", 7, "")).contains("Runtime.halt", "(exit status 7)");
        assertThat(ExitStatus.explain(
                        "container_1",
                        127,
                        "Exception from container-launch.\nLast 4096 bytes of stderr :\n"
                                + "bash: line 1: /jdk/bin/java: No such file or directory\n"))
                .startsWith("Container container_1 could not start: there is no $JAVA_HOME/bin/java on its node; ")
                .endsWith("(exit status 127). It said: bash: line 1: /jdk/bin/java: No such file or directory");
    }

    @Test
    void yarnsExitStatusesAllHaveWords() throws IllegalAccessException {
        int known = 0;
        for (Field field : ContainerExitStatus.class.getFields()) {
            int status = field.getInt(null);
            for (ProcessRole role : ProcessRole.values()) {
                assertThat(ExitWords.of(role, status))
                        .as(field.getName())
                        .doesNotContain("none of Selvage's")
                        .contains("(exit status " + status + ")");
            }
            known++;
        }
        assertThat(known).as("what is looked for is there").isGreaterThanOrEqualTo(12);
        assertThat(ExitWords.of(ProcessRole.MASTER, -999)).contains("none of Selvage's");
    }

    @Test
    void whatAnExecutorSaidAtItsEndIsPassedOn() {
        String diagnostics = "[2026-11-25 10:00:00.000]Container exited with a non-zero exit code.\n"
                + "Last 4096 bytes of stderr :\n";
        assertThat(ExitStatus.explain(
                        "container_1", 44, diagnostics + "noise\nselvage executor: A function has called it.\n"))
                .isEqualTo("Container container_1 was ended by a user's function, which has called System.exit"
                        + " (exit status 44). It said: A function has called it.");
        assertThat(ExitStatus.explain(
                        "container_1",
                        3,
                        diagnostics + "Terminating due to java.lang.OutOfMemoryError: Java heap space\n"))
                .contains("raise selvage.executor.memory", "It said: Terminating", "Java heap space");
    }
}
