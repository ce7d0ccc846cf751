package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.transport.ControlTransport;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.NewTokens;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.ThreadDump;
import io.selvage.task.executor.ExecutorEvent;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.security.Credentials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GrpcLinkTest {
    /** Hadoop's token file with nothing in it: its magic number, its version, and two empty lists. */
    private static final byte[] NO_TOKENS = {'H', 'D', 'T', 'S', 0, 0, 0};

    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final BlockingQueue<ExecutorEvent> inbox = new LinkedBlockingQueue<>();
    private final BlockingQueue<ExecutorMessage> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Credentials> tokens = new LinkedBlockingQueue<>();

    /** Gives who has registered tokens that are none, and asks what the thread of this test does. */
    private final class Curious extends ExecutorServiceGrpc.ExecutorServiceImplBase {
        private final String thread = Thread.currentThread().getName();

        @Override
        public StreamObserver<ExecutorMessage> connect(StreamObserver<MasterMessage> out) {
            return new StreamObserver<>() {
                @Override
                public void onNext(ExecutorMessage message) {
                    received.add(message);
                    if (message.hasRegister()) {
                        out.onNext(MasterMessage.newBuilder()
                                .setEpoch(1)
                                .setNewTokens(NewTokens.newBuilder()
                                        .setNumber(1)
                                        .setCredentials(ByteString.copyFrom(NO_TOKENS)))
                                .build());
                        out.onNext(MasterMessage.newBuilder()
                                .setEpoch(1)
                                .setDumpThreads(
                                        DumpThreads.newBuilder().setRequest(5).setName(thread))
                                .build());
                    }
                }

                @Override
                public void onError(Throwable thrown) {}

                @Override
                public void onCompleted() {}
            };
        }
    }

    @Test
    void whatThreadsDoIsToldAndTokensAreTakenWithoutTheLoop() throws Exception {
        Server server = ControlTransport.server(
                        identity, new InetSocketAddress("127.0.0.1", 0), new Refusals("control"))
                .addService(new Curious())
                .build()
                .start();
        ManagedChannel channel = ControlTransport.channel(identity, "127.0.0.1", server.getPort())
                .build();
        try {
            GrpcLink link = GrpcLink.open(channel, inbox::add, new TokenIntake(tokens::add));
            link.send(ExecutorMessage.newBuilder()
                    .setRegister(Register.newBuilder().setExecutorId("e"))
                    .build());
            assertThat(received.poll(20, TimeUnit.SECONDS).hasRegister()).isTrue();
            ThreadDump dump = received.poll(20, TimeUnit.SECONDS).getThreads();
            assertThat(dump.getRequest()).isEqualTo(5);
            assertThat(dump.getThreads(0).getFramesList())
                    .anyMatch(frame -> frame.contains("whatThreadsDoIsToldAndTokensAreTakenWithoutTheLoop"));
            assertThat(tokens.poll(20, TimeUnit.SECONDS).numberOfTokens()).isZero();
            assertThat(link.lastHeardNanos()).as("a sign of life").isEmpty();
            assertThat(inbox).singleElement().isInstanceOf(ExecutorEvent.Connected.class);
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }
}
