package io.selvage.client.connect;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.transport.ControlTransport;
import io.selvage.protocol.wire.SessionServiceGrpc;
import io.selvage.protocol.wire.SessionServiceGrpc.SessionServiceBlockingStub;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Talks to a session's master, whichever attempt that is: owned by one thread. When the master is gone, YARN is asked
 * where the next one listens. Every call of the session's service may be repeated, so each is until it is answered.
 */
public final class MasterConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MasterConnection.class);
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(10);

    private final Yarn yarn;
    private final SessionRecord session;
    private final ApplicationId application;
    private @Nullable ManagedChannel channel;
    private @Nullable Address connectedTo;

    private record Address(String host, int port) {}

    /** @param yarn is asked once where the master is, each time that is not known */
    public MasterConnection(Yarn yarn, SessionRecord session) {
        this.yarn = yarn;
        this.session = session;
        this.application = ApplicationId.fromString(session.applicationId());
    }

    public ApplicationId application() {
        return application;
    }

    public ApplicationReport report() {
        return yarn.report(application);
    }

    /**
     * Makes the call, to each master in turn if need be, as long as {@link Waiting} does. YARN may be away meanwhile.
     */
    public <T> T call(Function<SessionServiceBlockingStub, T> call) {
        return yarn.waiting().untilAnswered(() -> {
            try {
                return tryCall(call);
            } catch (MasterAbsentException absent) {
                throw new ClientException(
                        ExitCode.SESSION_FAILED,
                        "The session " + session.applicationId() + " has no master (" + absent.getMessage()
                                + "). See what YARN says: yarn application -status " + session.applicationId(),
                        absent);
            }
        });
    }

    /**
     * Makes the call once.
     *
     * @throws MasterAbsentException if there is no master at this moment
     * @throws ClientException if the session has ended, or refuses
     */
    public <T> T tryCall(Function<SessionServiceBlockingStub, T> call) throws MasterAbsentException {
        ManagedChannel current = connected();
        try {
            return call.apply(SessionServiceGrpc.newBlockingStub(current)
                    .withDeadlineAfter(CALL_DEADLINE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException failed) {
            disconnect();
            if (isAbsence(failed.getStatus())) {
                LOG.info("The master of {} does not answer.", session.applicationId(), failed);
                throw new MasterAbsentException("it does not answer");
            }
            if (failed.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                throw new MasterAbsentException("it has too many questions to answer already");
            }
            throw new ClientException(
                    ExitCode.INTERNAL,
                    "The master of " + session.applicationId() + " answered with an error: "
                            + failed.getStatus().getCode() + ". Its log has more: yarn logs -applicationId "
                            + session.applicationId(),
                    failed);
        }
    }

    /** An answer has no cause on this side; what fails as a connection ends has one, whatever its code. */
    static boolean isAbsence(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> true;
            default -> status.getCause() instanceof IOException;
        };
    }

    private ManagedChannel connected() throws MasterAbsentException {
        ManagedChannel current = channel;
        if (current != null) {
            return current;
        }
        Address address = locate();
        current = ControlTransport.channel(session.identity(), address.host(), address.port())
                .build();
        channel = current;
        connectedTo = address;
        return current;
    }

    private Address locate() throws MasterAbsentException {
        ApplicationReport report = report();
        SessionState state = SessionState.of(report);
        if (state.hasEnded()) {
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "The session " + session.applicationId() + " has ended: " + Diagnostics.ofEnd(report)
                            + " Open another one with scripts/yarn-session.sh.");
        }
        if (state != SessionState.RUNNING || report.getRpcPort() <= 0) {
            throw new MasterAbsentException(state.inWords());
        }
        return new Address(report.getHost(), report.getRpcPort());
    }

    private void disconnect() {
        if (channel != null) {
            channel.shutdownNow();
            channel = null;
            connectedTo = null;
        }
    }

    @Override
    public void close() {
        disconnect();
    }

    @Override
    public String toString() {
        return "connection of " + session.applicationId() + " to " + (connectedTo == null ? "no master" : connectedTo);
    }
}
