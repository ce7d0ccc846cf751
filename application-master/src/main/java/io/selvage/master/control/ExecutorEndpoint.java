package io.selvage.master.control;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.NewTokens;
import io.selvage.protocol.wire.ShowThreadsResponse;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.security.Credentials;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Called by the transport's threads, which post, and by the loop, which sends; hence the concurrent maps. */
final class ExecutorEndpoint extends ExecutorServiceGrpc.ExecutorServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorEndpoint.class);

    private final Inbox inbox;
    private final Map<ConnectionId, ExecutorConnection> connections = new ConcurrentHashMap<>();
    private final AtomicLong lastConnection = new AtomicLong();
    /** The newest of each executor; what the loop thinks of it, the loop knows alone. */
    private final Map<ExecutorId, ExecutorConnection> newest = new ConcurrentHashMap<>();

    /** Volatile: written by the keeper of tokens, read by the loop; an executor drops what comes late. */
    private volatile @Nullable NewTokens tokens;

    private final ThreadQuestions threadQuestions = new ThreadQuestions();

    ExecutorEndpoint(Inbox inbox) {
        this.inbox = inbox;
    }

    @Override
    public StreamObserver<ExecutorMessage> connect(StreamObserver<MasterMessage> outbound) {
        var stream = (ServerCallStreamObserver<MasterMessage>) outbound;
        ExecutorConnection connection =
                new ExecutorConnection(new ConnectionId(lastConnection.incrementAndGet()), stream);
        stream.setOnReadyHandler(connection::drain);
        stream.setOnCancelHandler(connection::forget);
        connections.put(connection.id(), connection);
        return new Inbound(connection, stream);
    }

    void send(MasterAction.Send action) {
        ExecutorConnection connection = connections.get(action.connection());
        if (connection != null && !connection.trySend(action.message())) {
            LOG.warn("Executor {} does not read what the master sends, and is cut off.", action.executor());
            gone(connection, action.executor(), "it has not read the master's messages.");
        }
        NewTokens current = tokens;
        if (connection != null && current != null && action.message().hasRegistered()) {
            connection.tryGive(current);
        }
    }

    /**
     * An executor whose stream is full is cut off by the loop's next message, and gets them when it registers again.
     */
    void giveTokens(Credentials credentials) {
        NewTokens before = tokens;
        NewTokens fresh = NewTokens.newBuilder()
                .setNumber(before == null ? 1 : before.getNumber() + 1)
                .setCredentials(encoded(credentials))
                .build();
        tokens = fresh;
        connections.values().forEach(connection -> connection.tryGive(fresh));
    }

    private static ByteString encoded(Credentials credentials) {
        ByteString.Output bytes = ByteString.newOutput();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            credentials.writeTokenStorageToStream(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException("Writing into memory failed.", impossible);
        }
        return bytes.toByteString();
    }

    /** Asks an executor what its threads do; any thread. The answer comes soon, whatever becomes of the executor. */
    CompletableFuture<ShowThreadsResponse> showThreads(ExecutorId executor, DumpThreads question) {
        return threadQuestions.ask(executor, newest.get(executor), question);
    }

    void disconnect(MasterAction.Disconnect action) {
        ExecutorConnection connection = connections.remove(action.connection());
        if (connection != null) {
            newest.values().remove(connection);
            connection.end();
        }
    }

    private void gone(ExecutorConnection connection, @Nullable ExecutorId executor, String reason) {
        boolean first = connections.remove(connection.id()) != null;
        newest.values().remove(connection);
        connection.forget();
        if (first && executor != null) {
            inbox.post(new MasterEvent.ExecutorDisconnected(executor, connection.id(), reason));
        }
    }

    /** Owned by gRPC, which calls it by one thread at a time. */
    private final class Inbound implements StreamObserver<ExecutorMessage> {
        private final ExecutorConnection connection;
        private final ServerCallStreamObserver<MasterMessage> stream;
        private @Nullable ExecutorId executor;

        Inbound(ExecutorConnection connection, ServerCallStreamObserver<MasterMessage> stream) {
            this.connection = connection;
            this.stream = stream;
        }

        @Override
        public void onNext(ExecutorMessage message) {
            if (executor != null && message.hasThreads()) {
                threadQuestions.onAnswer(connection.id(), message.getThreads());
            } else if (executor != null) {
                ExecutorId from = executor;
                MasterEvent.said(from, connection.id(), message)
                        .ifPresentOrElse(
                                inbox::post,
                                () -> LOG.warn(
                                        "Executor {} says {}, which is not expected or not known here.",
                                        from,
                                        message.getMessageCase()));
            } else if (message.hasRegister()
                    && !message.getRegister().getExecutorId().isBlank()) {
                ExecutorId from = new ExecutorId(message.getRegister().getExecutorId());
                executor = from;
                newest.put(from, connection);
                inbox.post(new MasterEvent.ExecutorRegistered(from, connection.id(), message.getRegister()));
            } else {
                connections.remove(connection.id());
                connection.forget();
                stream.onError(Status.INVALID_ARGUMENT
                        .withDescription("An executor's first message is Register, with its id.")
                        .asRuntimeException());
            }
        }

        @Override
        public void onError(Throwable error) {
            Status status = Status.fromThrowable(error);
            gone(connection, executor, status.getCode() + " " + String.valueOf(status.getDescription()) + ".");
        }

        @Override
        public void onCompleted() {
            connection.end();
            gone(connection, executor, "the executor has closed it.");
        }
    }
}
