package io.selvage.master.control;

import io.grpc.Server;
import io.selvage.master.event.MasterAction;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.transport.ControlTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.security.Credentials;

/** The master's port for executors and clients. Started once; safe for any thread. */
public final class ControlServer {
    /** Threads that turn messages into events; they wait only when the inbox is full. */
    static final int THREADS = 4;

    private static final long STOP_SECONDS = 2;

    private final Server server;
    private final ExecutorService threads;
    private final ExecutorEndpoint executors;

    private ControlServer(Server server, ExecutorService threads, ExecutorEndpoint executors) {
        this.server = server;
        this.threads = threads;
        this.executors = executors;
    }

    /**
     * Listens.
     *
     * @param address port 0 for any free one
     */
    public static ControlServer start(
            ApplicationIdentity identity, InetSocketAddress address, Inbox inbox, Questions questions, Doors doors)
            throws IOException {
        AtomicInteger number = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "master-control-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        ExecutorEndpoint executors = new ExecutorEndpoint(inbox);
        Server server = ControlTransport.server(identity, address, doors.control())
                .executor(threads)
                .addService(executors)
                .addService(new SessionEndpoint(questions, executors, doors))
                .build()
                .start();
        return new ControlServer(server, threads, executors);
    }

    public int port() {
        return server.getPort();
    }

    /** Never blocks. */
    public void send(MasterAction.Send action) {
        executors.send(action);
    }

    /** Gives all executors tokens, those too that register later. Any thread, one at a time; never blocks. */
    public void giveTokens(Credentials tokens) {
        executors.giveTokens(tokens);
    }

    public void disconnect(MasterAction.Disconnect action) {
        executors.disconnect(action);
    }

    /** Lets answers under way reach their clients, for a moment. Blocks. */
    public void stop() throws InterruptedException {
        server.shutdown();
        if (!server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
            server.shutdownNow();
        }
        threads.shutdown();
    }
}
