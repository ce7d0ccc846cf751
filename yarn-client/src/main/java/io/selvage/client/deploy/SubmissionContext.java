package io.selvage.client.deploy;

import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.yarn.api.records.ApplicationAccessType;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.LogAggregationContext;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.URL;

/** What YARN is given to make a session's application of; pure. */
final class SubmissionContext {
    private static final String EVERY_LOG = ".*";

    private SubmissionContext() {}

    /**
     * Fills it in.
     *
     * @param keytab for the master alone
     * @param user who submits
     * @param isSecure the cluster knows by itself who that is
     */
    static void fill(
            ApplicationSubmissionContext context,
            SessionConfig session,
            SessionSpec spec,
            LibraryFile specFile,
            Optional<LibraryFile> keytab,
            Credentials credentials,
            String user,
            boolean isSecure)
            throws IOException {
        ApplicationConfig application = session.application();
        context.setApplicationName(session.applicationName());
        context.setApplicationType(application.type());
        context.setQueue(session.queue());
        context.setApplicationTags(new LinkedHashSet<>(application.tags()));
        application.priority().ifPresent(priority -> context.setPriority(Priority.newInstance(priority)));
        if (!application.nodeLabel().isEmpty()) {
            context.setNodeLabelExpression(application.nodeLabel());
        }
        context.setResource(Resource.newInstance(session.masterMemory().mebibytes(), session.masterVcores()));
        context.setMaxAppAttempts(session.maxAttempts());
        context.setAttemptFailuresValidityInterval(
                session.attemptFailureWindow().toMillis());
        context.setKeepContainersAcrossApplicationAttempts(true);
        rolledLogs(context, application);
        DataOutputBuffer tokens = new DataOutputBuffer();
        credentials.writeTokenStorageToStream(tokens);
        context.setAMContainerSpec(ContainerLaunchContext.newInstance(
                files(spec, specFile, keytab),
                LaunchCommand.environment(session, spec, user, isSecure),
                List.of(LaunchCommand.of(session)),
                null,
                ByteBuffer.wrap(tokens.getData(), 0, tokens.getLength()),
                acls(application)));
    }

    /** YARN collects no log of an application that runs, unless it is told which. */
    private static void rolledLogs(ApplicationSubmissionContext context, ApplicationConfig application) {
        if (!application.rolledLogsInclude().isEmpty()) {
            context.setLogAggregationContext(LogAggregationContext.newInstance(
                    EVERY_LOG, "", application.rolledLogsInclude(), application.rolledLogsExclude()));
        }
    }

    private static Map<ApplicationAccessType, String> acls(ApplicationConfig application) {
        Map<ApplicationAccessType, String> acls = new EnumMap<>(ApplicationAccessType.class);
        if (!application.viewAcl().isEmpty()) {
            acls.put(ApplicationAccessType.VIEW_APP, application.viewAcl());
        }
        if (!application.modifyAcl().isEmpty()) {
            acls.put(ApplicationAccessType.MODIFY_APP, application.modifyAcl());
        }
        return acls;
    }

    /** The user's jars are not among them: a master never loads what a user wrote. */
    private static Map<String, LocalResource> files(
            SessionSpec spec, LibraryFile specFile, Optional<LibraryFile> keytab) {
        Map<String, LocalResource> files = new HashMap<>();
        ContainerLayout.files(spec, specFile).forEach(file -> files.put(file.name(), resource(file)));
        keytab.ifPresent(file -> files.put(
                ContainerLayout.KEYTAB,
                resource(new ContainerLayout.Localized(ContainerLayout.KEYTAB, file, false, true))));
        return files;
    }

    private static LocalResource resource(ContainerLayout.Localized localized) {
        LibraryFile file = localized.file();
        return LocalResource.newInstance(
                URL.fromPath(new Path(file.getPath())),
                localized.isArchive() ? LocalResourceType.ARCHIVE : LocalResourceType.FILE,
                LocalResourceVisibility.valueOf(localized.sharing().name()),
                file.getLength(),
                file.getModificationTimeMillis());
    }
}
