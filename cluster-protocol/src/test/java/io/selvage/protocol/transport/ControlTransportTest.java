package io.selvage.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.grpc.stub.StreamObserver;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionServiceGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlTransportTest {
    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final Refusals refusals = new Refusals("the port of the test");
    private Server server;

    @BeforeEach
    void listen() throws IOException {
        server = ControlTransport.server(identity, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), refusals)
                .addService(new SessionServiceGrpc.SessionServiceImplBase() {
                    @Override
                    public void describeSession(
                            DescribeSessionRequest request, StreamObserver<SessionDescription> response) {
                        response.onNext(SessionDescription.newBuilder()
                                .setVersion("it answers")
                                .build());
                        response.onCompleted();
                    }
                })
                .build()
                .start();
    }

    @AfterEach
    void close() {
        server.shutdownNow();
    }

    @Test
    void aWarmUpShakesHandsToTheEnd() throws SSLException {
        TransportWarmUp.ofControlPlane(); // Fails if one end does not trust the other, or waits for ever.
    }

    @Test
    void whatWaitsForConnectionsEndsBeforeItsProcess() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        EndsChannels.class.getName(),
                        Integer.toString(server.getPort()))
                .redirectErrorStream(true)
                .start();
        String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(words).isZero();
        assertThat(words).contains("before: [control-client-", "after: []");
    }

    /** A process of its own, as it can't have channels any more. */
    static final class EndsChannels {
        public static void main(String[] arguments) {
            ControlTransport.endChannels(); // There are none.
            ManagedChannel channel = ControlTransport.channel(
                            ApplicationIdentity.create(), "127.0.0.1", Integer.parseInt(arguments[0]))
                    .build();
            channel.getState(true);
            System.out.println("before: " + threads());
            channel.shutdownNow();
            ControlTransport.endChannels();
            long deadline =
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(10); // It has said that it ends, and then does.
            while (!threads().isEmpty() && System.nanoTime() - deadline < 0) {
                Thread.onSpinWait();
            }
            System.out.println("after: " + threads());
        }

        private static List<String> threads() {
            return Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .filter(name -> name.startsWith("control-client"))
                    .toList();
        }
    }

    @Test
    void theSameIdentityConnectsByAnyNameOfTheHost() {
        ApplicationIdentity travelled = ApplicationIdentity.decode(identity.encode());
        for (String host : new String[] {"127.0.0.1", "localhost"}) {
            assertThat(call(ControlTransport.channel(travelled, host, server.getPort()))
                            .getVersion())
                    .isEqualTo("it answers");
        }
    }

    @Test
    void anotherIdentityIsRefused() {
        assertRefused(ControlTransport.channel(ApplicationIdentity.create(), "127.0.0.1", server.getPort()));
    }

    @Test
    void plaintextIsRefused() {
        assertRefused(
                ManagedChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext());
    }

    @Test
    void tlsWithoutACertificateIsRefused() throws IOException {
        assertRefused(NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .overrideAuthority("localhost")
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .build()));
    }

    private static void assertRefused(ManagedChannelBuilder<?> builder) {
        assertThatThrownBy(() -> call(builder))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refusal -> assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    private static SessionDescription call(ManagedChannelBuilder<?> builder) {
        ManagedChannel channel = builder.build();
        try {
            return SessionServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(2, TimeUnit.MINUTES)
                    .describeSession(DescribeSessionRequest.getDefaultInstance());
        } finally {
            channel.shutdownNow();
        }
    }
}
