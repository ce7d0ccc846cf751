package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.yarn.api.records.ApplicationAccessType;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.LogAggregationContext;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class SubmissionContextTest {
    private static final SessionSpec SPEC = SessionSpec.newBuilder()
            .setLibraryArchive(file("libraries.zip"))
            .addClassPath("a.jar")
            .addHadoopConf(file("configuration.jar"))
            .addShippedFile(file("rules.txt"))
            .addShippedFolder(file("models"))
            .addUserJar(file("driver.jar"))
            .build();

    @Test
    void whatIsNotAskedForIsLeftToTheCluster() throws IOException {
        ApplicationSubmissionContext context = context();
        assertThat(context.getApplicationType()).isEqualTo("Selvage");
        assertThat(context.getQueue()).isEqualTo("default");
        assertThat(context.getPriority()).isNull();
        assertThat(context.getNodeLabelExpression()).isNull();
        assertThat(context.getApplicationTags()).isEmpty();
        assertThat(context.getLogAggregationContext()).isNull();
        assertThat(context.getAMContainerSpec().getApplicationACLs()).isEmpty();
        assertThat(context.getKeepContainersAcrossApplicationAttempts()).isTrue();
    }

    @Test
    void whatIsAskedForIsInIt() throws IOException {
        ApplicationSubmissionContext context = context(
                "selvage.application.name=clicks",
                "selvage.application.type=Streams",
                "selvage.application.queue=nightly",
                "selvage.application.priority=0",
                "selvage.application.node-label=gpu",
                "selvage.application.tags=Etl,team-7",
                "selvage.application.view-acl=bert ops",
                "selvage.application.modify-acl=bert",
                "selvage.application.max-attempts=4",
                "selvage.application.attempt-failure-window=1h",
                "selvage.master.vcores=2",
                "selvage.master.memory=2g");
        assertThat(context.getApplicationName()).isEqualTo("clicks");
        assertThat(context.getApplicationType()).isEqualTo("Streams");
        assertThat(context.getQueue()).isEqualTo("nightly");
        assertThat(context.getPriority().getPriority()).isZero();
        assertThat(context.getNodeLabelExpression()).isEqualTo("gpu");
        // YARN's own doing: it keeps tags in lower case.
        assertThat(context.getApplicationTags()).containsExactlyInAnyOrder("etl", "team-7");
        assertThat(context.getAMContainerSpec().getApplicationACLs())
                .containsOnly(
                        Map.entry(ApplicationAccessType.VIEW_APP, "bert ops"),
                        Map.entry(ApplicationAccessType.MODIFY_APP, "bert"));
        assertThat(context.getMaxAppAttempts()).isEqualTo(4);
        assertThat(context.getAttemptFailuresValidityInterval()).isEqualTo(3_600_000);
        assertThat(context.getResource().getMemorySize()).isEqualTo(2048);
        assertThat(context.getResource().getVirtualCores()).isEqualTo(2);
    }

    @Test
    void theMasterGetsShippedFilesAndNoJarsOfTheUsers() throws IOException {
        Map<String, LocalResource> files = context().getAMContainerSpec().getLocalResources();
        assertThat(files)
                .containsOnlyKeys("selvage-session.pb", "lib", "hadoop-conf/configuration.jar", "rules.txt", "models");
        assertThat(files.get("rules.txt").getType()).isEqualTo(LocalResourceType.FILE);
        assertThat(files.get("models").getType()).isEqualTo(LocalResourceType.ARCHIVE);
    }

    @Test
    void theMastersVariablesAreBesideTheSessions() throws IOException {
        assertThat(context("selvage.master.env.REGION=north", "selvage.executor.env.REGION=south")
                        .getAMContainerSpec()
                        .getEnvironment())
                .containsOnly(
                        Map.entry("REGION", "north"),
                        Map.entry("CLASSPATH", "lib/a.jar:hadoop-conf/configuration.jar"),
                        Map.entry("HADOOP_USER_NAME", "anna"));
    }

    @Test
    void logsAreCollectedWhileItRunsIfItIsSaidWhich() throws IOException {
        LogAggregationContext included = context("selvage.application.rolled-logs.include=app\\.log\\.[0-9]+")
                .getLogAggregationContext();
        assertThat(included.getRolledLogsIncludePattern()).isEqualTo("app\\.log\\.[0-9]+");
        assertThat(included.getRolledLogsExcludePattern()).isEmpty();
        assertThat(included.getIncludePattern()).isEqualTo(".*");
        assertThat(included.getExcludePattern()).isEmpty();
        LogAggregationContext excluded = context(
                        "selvage.application.rolled-logs.include=app.*",
                        "selvage.application.rolled-logs.exclude=app\\.log")
                .getLogAggregationContext();
        assertThat(excluded.getRolledLogsExcludePattern()).isEqualTo("app\\.log");
    }

    @Test
    void theKeytabIsForTheMasterAndNoOtherApplication() throws IOException {
        assertThat(context().getAMContainerSpec().getLocalResources()).doesNotContainKey(ContainerLayout.KEYTAB);
        LocalResource keytab = context(Optional.of(file("selvage-master.keytab")))
                .getAMContainerSpec()
                .getLocalResources()
                .get(ContainerLayout.KEYTAB);
        assertThat(keytab.getVisibility()).isEqualTo(LocalResourceVisibility.APPLICATION);
        assertThat(keytab.getType()).isEqualTo(LocalResourceType.FILE);
        assertThat(ContainerLayout.files(SPEC, file("selvage-session.pb")))
                .as("what executors get")
                .noneMatch(file -> file.name().contains("keytab"));
        assertThat(ContainerLayout.isTaken(ContainerLayout.KEYTAB)).isTrue();
    }

    private static ApplicationSubmissionContext context(String... options) throws IOException {
        return context(Optional.empty(), options);
    }

    private static ApplicationSubmissionContext context(Optional<LibraryFile> keytab, String... options)
            throws IOException {
        ApplicationSubmissionContext context = Records.newRecord(ApplicationSubmissionContext.class);
        SubmissionContext.fill(
                context,
                SessionConfig.from(Configuration.defaults().withOptions(List.of(options))),
                SPEC,
                file("selvage-session.pb"),
                keytab,
                new Credentials(),
                "anna",
                false);
        return context;
    }

    private static LibraryFile file(String name) {
        return LibraryFile.newBuilder()
                .setName(name)
                .setPath("hdfs://nn:8020/user/anna/.selvage/" + name)
                .setLength(7)
                .setModificationTimeMillis(9)
                .build();
    }
}
