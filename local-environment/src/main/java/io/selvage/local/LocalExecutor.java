package io.selvage.local;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Shutdown;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.task.executor.ExecutorEvent;
import io.selvage.task.executor.ExecutorLoop;
import io.selvage.task.executor.ExecutorServices;
import io.selvage.task.executor.ExecutorSettings;
import io.selvage.task.executor.MasterLink;

/**
 * The executor in this process, and its link to the master, which is two inboxes. Its loop sends and the master's loop
 * tells; neither waits, unless the other's inbox is full.
 */
final class LocalExecutor implements MasterLink {
    private final ExecutorId id;
    private final ConnectionId connection;
    private final Inbox master;
    private final ExecutorLoop loop;
    private final Thread thread;

    LocalExecutor(ConnectionId connection, ExecutorSettings settings, ExecutorServices services, Inbox master) {
        this.id = settings.id();
        this.connection = connection;
        this.master = master;
        this.loop = new ExecutorLoop(settings, services);
        this.thread = new Thread(loop, "local-executor");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
        loop.post(new ExecutorEvent.Connected(this));
    }

    /** The executor's loop. */
    @Override
    public void send(ExecutorMessage message) {
        if (message.hasRegister()) {
            master.post(new MasterEvent.ExecutorRegistered(id, connection, message.getRegister()));
        } else {
            MasterEvent.said(id, connection, message).ifPresent(master::post);
        }
    }

    @Override
    public void close(String reason) {
        loop.post(new ExecutorEvent.Disconnected(this, reason));
        master.post(new MasterEvent.ExecutorDisconnected(id, connection, reason));
    }

    /** The master's loop. */
    void tell(MasterMessage message) {
        loop.post(new ExecutorEvent.FromMaster(this, message));
    }

    void disconnect(String reason) {
        loop.post(new ExecutorEvent.Disconnected(this, reason));
    }

    /** No job runs here any more, and none will. */
    void end() {
        loop.stop();
    }

    /** Ends what is left of a job's subtasks, whatever the master thinks of it. */
    void abandon(String job) {
        tell(MasterMessage.newBuilder()
                .setEpoch(Long.MAX_VALUE)
                .setStop(StopIncarnation.newBuilder().setJobId(job).setIncarnation(Long.MAX_VALUE))
                .build());
    }

    /** The same for all that runs here: the loop ends, if it has not. */
    void shutDown() {
        tell(MasterMessage.newBuilder()
                .setEpoch(Long.MAX_VALUE)
                .setShutdown(Shutdown.newBuilder().setReason("The local environment is closed."))
                .build());
    }

    void join(long millis) throws InterruptedException {
        thread.join(millis);
    }
}
