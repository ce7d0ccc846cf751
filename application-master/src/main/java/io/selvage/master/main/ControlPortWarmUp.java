package io.selvage.master.main;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.selvage.protocol.process.StartSteps;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.transport.ControlTransport;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.MasterMessage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects to the master's own port as an executor would, while the epoch is still being won: the first connection of a
 * process costs a second of loading and compiling, which tasks that wait for their new master should not wait for. The
 * server refuses it, since its first message is not what an executor's first message is, and nobody else hears of it.
 */
final class ControlPortWarmUp {
    private static final long LIMIT_SECONDS = 10;
    private static final String LOOPBACK = "127.0.0.1";
    private static final Logger LOG = LoggerFactory.getLogger(ControlPortWarmUp.class);

    private ControlPortWarmUp() {}

    /** Blocks until the server has refused. */
    static void of(ApplicationIdentity identity, String bindHost, int port, StartSteps steps) {
        ManagedChannel channel = ControlTransport.channel(identity, bindHost.isEmpty() ? LOOPBACK : bindHost, port)
                .build();
        CountDownLatch ended = new CountDownLatch(1);
        try {
            ExecutorServiceGrpc.newStub(channel)
                    .connect(new StreamObserver<>() {
                        @Override
                        public void onNext(MasterMessage message) {
                            LOG.warn("The warm-up was answered: {}", message);
                        }

                        @Override
                        public void onError(Throwable refused) {
                            ended.countDown();
                        }

                        @Override
                        public void onCompleted() {
                            ended.countDown();
                        }
                    })
                    .onNext(ExecutorMessage.newBuilder()
                            .setHeartbeat(Heartbeat.getDefaultInstance())
                            .build());
            if (ended.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                steps.done("warm-up");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            channel.shutdownNow();
        }
    }
}
