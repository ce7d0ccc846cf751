package io.selvage.minicluster;

import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.service.AbstractService;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.event.Dispatcher;
import org.apache.hadoop.yarn.server.nodemanager.ContainerExecutor;
import org.apache.hadoop.yarn.server.nodemanager.Context;
import org.apache.hadoop.yarn.server.nodemanager.DeletionService;
import org.apache.hadoop.yarn.server.nodemanager.LocalDirsHandlerService;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.apache.hadoop.yarn.server.nodemanager.NodeStatusUpdater;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.ContainerManagerImpl;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.application.ApplicationEvent;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.application.ApplicationEventType;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.loghandler.LogHandler;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.loghandler.event.LogHandlerAppFinishedEvent;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.loghandler.event.LogHandlerAppStartedEvent;
import org.apache.hadoop.yarn.server.nodemanager.containermanager.loghandler.event.LogHandlerEvent;
import org.apache.hadoop.yarn.server.nodemanager.metrics.NodeManagerMetrics;
import org.apache.hadoop.yarn.server.security.ApplicationACLsManager;

/** A NodeManager that leaves the logs of containers where they are, and can vanish; owned by {@link YarnDaemons}. */
final class NodeDaemon extends NodeManager {

    /**
     * Stops the daemon so that it finds its containers again when it starts. Its store is closed first: what it would
     * note down about containers while it stops (that it lost sight of them) must not be there then.
     */
    void vanish() {
        getNMContext().getNMStateStore().stop();
        stop();
    }

    @Override
    protected ContainerManagerImpl createContainerManager(
            Context context,
            ContainerExecutor executor,
            DeletionService deletion,
            NodeStatusUpdater updater,
            ApplicationACLsManager acls,
            LocalDirsHandlerService folders) {
        return new Containers(context, executor, deletion, updater, metrics, folders);
    }

    private static final class Containers extends ContainerManagerImpl {

        Containers(
                Context context,
                ContainerExecutor executor,
                DeletionService deletion,
                NodeStatusUpdater updater,
                NodeManagerMetrics metrics,
                LocalDirsHandlerService folders) {
            super(context, executor, deletion, updater, metrics, folders);
        }

        @Override
        protected LogHandler createLogHandler(Configuration configuration, Context context, DeletionService deletion) {
            boolean aggregates = configuration.getBoolean(YarnConfiguration.LOG_AGGREGATION_ENABLED, false);
            return aggregates
                    ? super.createLogHandler(configuration, context, deletion)
                    : new KeptLogs(getDispatcher());
        }
    }

    /**
     * Keeps the logs of containers until the next start of the cluster. Hadoop's own handler deletes them after three
     * hours, and each stop of a NodeManager waits ten seconds for these deletions.
     */
    private static final class KeptLogs extends AbstractService implements LogHandler {

        private final Dispatcher dispatcher;

        KeptLogs(Dispatcher dispatcher) {
            super(KeptLogs.class.getName());
            this.dispatcher = dispatcher;
        }

        @Override
        public void handle(LogHandlerEvent event) {
            switch (event.getType()) {
                case APPLICATION_STARTED ->
                    tell(
                            ((LogHandlerAppStartedEvent) event).getApplicationId(),
                            ApplicationEventType.APPLICATION_LOG_HANDLING_INITED);
                case APPLICATION_FINISHED ->
                    tell(
                            ((LogHandlerAppFinishedEvent) event).getApplicationId(),
                            ApplicationEventType.APPLICATION_LOG_HANDLING_FINISHED);
                // The log of a finished container, and tokens to upload logs with, need no handling.
                case CONTAINER_FINISHED, LOG_AGG_TOKEN_UPDATE -> {}
            }
        }

        @Override
        public Set<ApplicationId> getInvalidTokenApps() {
            return Set.of();
        }

        @SuppressWarnings("unchecked") // Hadoop's dispatcher has no type for what it dispatches.
        private void tell(ApplicationId application, ApplicationEventType type) {
            dispatcher.getEventHandler().handle(new ApplicationEvent(application, type));
        }
    }
}
