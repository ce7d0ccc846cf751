package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.checkpoint.journal.SignOfLife;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.transport.ControlTransport;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.Registered;
import io.selvage.task.executor.ExecutorEvent;
import io.selvage.task.executor.QuickFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.AbstractFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real journal on a local file system, and real streams over loopback. */
@Timeout(60)
class MasterSeekerTest {
    private static final Duration SILENCE = Duration.ofMillis(500);
    private static final Refusals REFUSALS = new Refusals("the port of the test");

    @TempDir
    Path directory;

    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final BlockingQueue<ExecutorEvent> inbox = new LinkedBlockingQueue<>();
    private final BlockingQueue<ExecutorMessage> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Long> replaced = new LinkedBlockingQueue<>();
    private final Thread[] seeker = new Thread[1];

    private final class Endpoint extends ExecutorServiceGrpc.ExecutorServiceImplBase {
        private final long epoch;

        Endpoint(long epoch) {
            this.epoch = epoch;
        }

        @Override
        public StreamObserver<ExecutorMessage> connect(StreamObserver<MasterMessage> out) {
            return new StreamObserver<>() {
                @Override
                public void onNext(ExecutorMessage message) {
                    received.add(message);
                    out.onNext(MasterMessage.newBuilder()
                            .setEpoch(epoch)
                            .setRegistered(Registered.getDefaultInstance())
                            .build());
                }

                @Override
                public void onError(Throwable thrown) {}

                @Override
                public void onCompleted() {
                    out.onCompleted();
                }
            };
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (seeker[0] != null) {
            seeker[0].interrupt();
            seeker[0].join(10_000);
        }
    }

    private Server master(DurableStore store, long epoch) throws Exception {
        Server server = ControlTransport.server(identity, new InetSocketAddress("127.0.0.1", 0), REFUSALS)
                .addService(new Endpoint(epoch))
                .build()
                .start();
        win(store, epoch, server.getPort());
        return server;
    }

    private static void win(DurableStore store, long epoch, int port) throws Exception {
        Journal.open(store, "journal")
                .winEpoch(
                        epoch,
                        EpochStarted.newBuilder()
                                .setEpoch(epoch)
                                .setHost("127.0.0.1")
                                .setControlPort(port)
                                .build()
                                .toByteArray());
    }

    private <E extends ExecutorEvent> E next(Class<E> type) throws InterruptedException {
        ExecutorEvent event = inbox.poll(20, TimeUnit.SECONDS);
        assertThat(event).isInstanceOf(type);
        return type.cast(event);
    }

    private Thread seeker(DurableStore store) {
        return seeker(store, silent -> {
            replaced.add(silent.value());
            return "It was asked for.";
        });
    }

    private Thread seeker(DurableStore store, MasterReplacement replacement) {
        return new Thread(new MasterSeeker(
                new JournalTail(store, "journal", 0),
                new MasterDoor(identity),
                inbox::add,
                new Watchdog(store, "app", new ExecutorId("e"), replacement, Runnable::run),
                TokenIntake.ofThisProcess(),
                SILENCE));
    }

    /** Accepts the connection, as the kernel does for a stopped process, and never says a word. */
    @Test
    void aMasterThatIsSilentIsReplacedOnceAndItsSuccessorFound() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ServerSocket stopped = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            win(store, 1, stopped.getLocalPort());
            seeker[0] = seeker(store);
            seeker[0].start();
            next(ExecutorEvent.Connected.class);
            assertThat(replaced.poll(20, TimeUnit.SECONDS)).isEqualTo(1);
            Server second = master(store, 2);
            next(ExecutorEvent.Disconnected.class);
            next(ExecutorEvent.Connected.class).link().send(ExecutorMessage.getDefaultInstance());
            assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch())
                    .isEqualTo(2);
            assertThat(replaced).as("asked for once").doesNotContain(1L);
            assertThat(store.read("app/watchdog/1-1")).isPresent();
            second.shutdownNow();
        }
    }

    /** As on a cluster with Kerberos: tasks hear nothing of it, and the next master is found whenever it comes. */
    @Test
    void whereYarnRefusesToReplaceAMasterTheExecutorGoesOnWithoutOne() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (ServerSocket stopped = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            win(store, 1, stopped.getLocalPort());
            seeker[0] = seeker(store, silent -> {
                replaced.add(silent.value());
                throw new IOException("no right");
            });
            seeker[0].start();
            next(ExecutorEvent.Connected.class);
            assertThat(replaced.poll(20, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(inbox).isEmpty();
            Server second = master(store, 2);
            next(ExecutorEvent.Disconnected.class);
            next(ExecutorEvent.Connected.class);
            second.shutdownNow();
        }
    }

    /** Local files. A sign of life that is looked at was renewed right before, while its master lives. */
    public static final class Signs extends QuickFiles {
        private static final AtomicBoolean IS_ALIVE = new AtomicBoolean();
        private static final AtomicInteger LOOKS = new AtomicInteger();

        public Signs(URI uri, Configuration configuration) throws IOException, URISyntaxException {
            super(uri, new Renewed(), configuration);
        }

        private static final class Renewed extends QuickFiles.Raw {
            @Override
            public FileStatus getFileStatus(org.apache.hadoop.fs.Path file) throws IOException {
                if (IS_ALIVE.get() && file.getName().endsWith("-alive")) {
                    Files.setLastModifiedTime(
                            pathToFile(file).toPath(), FileTime.from(LOOKS.incrementAndGet(), TimeUnit.MINUTES));
                }
                return super.getFileStatus(file);
            }
        }
    }

    /** It can't be heard here, and takes no checkpoints: YARN is not asked for another one. */
    @Test
    void aMasterThatOnlyThisExecutorCantHearIsNotReplaced() throws Exception {
        Configuration configuration = new Configuration();
        configuration.setClass("fs.AbstractFileSystem.file.impl", Signs.class, AbstractFileSystem.class);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), configuration);
        try (ServerSocket unheard = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            win(store, 1, unheard.getLocalPort());
            new SignOfLife(store, CheckpointLayout.watchdogDirectory("app"), 1).renew();
            Signs.IS_ALIVE.set(true);
            seeker[0] = seeker(store);
            seeker[0].start();
            next(ExecutorEvent.Connected.class);
            while (Signs.LOOKS.get() < 6) { // Of two in a row, the second says that the master is well.
                assertThat(replaced.poll(50, TimeUnit.MILLISECONDS)).isNull();
            }
            Signs.IS_ALIVE.set(false);
            assertThat(replaced.poll(20, TimeUnit.SECONDS))
                    .as("now it is silent indeed")
                    .isEqualTo(1);
        }
    }

    /** Local files, none of which can be read once it is down; it knows when that was tried. */
    public static final class Curtain extends QuickFiles {
        private static final AtomicBoolean IS_DOWN = new AtomicBoolean();
        private static final BlockingQueue<Long> TRIED_NANOS = new LinkedBlockingQueue<>();

        public Curtain(URI uri, Configuration configuration) throws IOException, URISyntaxException {
            super(uri, new Drawn(), configuration);
        }

        private static final class Drawn extends QuickFiles.Raw {
            @Override
            public FSDataInputStream open(org.apache.hadoop.fs.Path file, int bufferBytes) throws IOException {
                if (IS_DOWN.get()) {
                    TRIED_NANOS.add(System.nanoTime());
                    throw new IOException("token 7 is expired");
                }
                return super.open(file, bufferBytes);
            }
        }
    }

    /** As when its tokens have ended: HDFS is asked less and less often, until there are others. */
    @Test
    void looksSeldomWhileTheJournalCantBeReadAndFindsTheMasterOnceItCan() throws Exception {
        Configuration configuration = new Configuration();
        configuration.setClass("fs.AbstractFileSystem.file.impl", Curtain.class, AbstractFileSystem.class);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), configuration);
        Server first = master(store, 1);
        Curtain.IS_DOWN.set(true);
        seeker[0] = seeker(store);
        seeker[0].start();
        List<Long> triedNanos = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            triedNanos.add(Curtain.TRIED_NANOS.poll(20, TimeUnit.SECONDS));
        }
        assertThat(TimeUnit.NANOSECONDS.toMillis(triedNanos.get(3) - triedNanos.get(0)))
                .isGreaterThanOrEqualTo(250 + 500 + 1_000);
        assertThat(inbox).isEmpty();
        Curtain.IS_DOWN.set(false);
        next(ExecutorEvent.Connected.class).link().send(ExecutorMessage.getDefaultInstance());
        assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch()).isEqualTo(1);
        first.shutdownNow();
    }

    @Test
    void findsTheMasterInTheJournalAndItsSuccessorWhenItDies() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        seeker[0] = seeker(store);
        seeker[0].start();
        Server first = master(store, 1);
        var link = next(ExecutorEvent.Connected.class).link();
        link.send(ExecutorMessage.newBuilder()
                .setRegister(Register.newBuilder().setExecutorId("e"))
                .build());
        assertThat(received.poll(20, TimeUnit.SECONDS).getRegister().getExecutorId())
                .isEqualTo("e");
        assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch()).isEqualTo(1);
        first.shutdownNow();
        assertThat(next(ExecutorEvent.Disconnected.class).link()).isSameAs(link);
        Server second = master(store, 2);
        next(ExecutorEvent.Connected.class).link().send(ExecutorMessage.getDefaultInstance());
        assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch()).isEqualTo(2);
        second.shutdownNow();
    }

    @Test
    void leavesAMasterThatStillHoldsItsLinkForANewerOne() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        seeker[0] = seeker(store);
        seeker[0].start();
        Server first = master(store, 1);
        var link = next(ExecutorEvent.Connected.class).link();
        link.send(ExecutorMessage.getDefaultInstance());
        assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch()).isEqualTo(1);
        Server second = master(store, 2);
        assertThat(next(ExecutorEvent.Disconnected.class).reason()).contains("newer master");
        next(ExecutorEvent.Connected.class).link().send(ExecutorMessage.getDefaultInstance());
        assertThat(next(ExecutorEvent.FromMaster.class).message().getEpoch()).isEqualTo(2);
        first.shutdownNow();
        second.shutdownNow();
    }

    @Test
    void triesAMasterAgainThatHasNotAnsweredYet() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        Server first = master(store, 1);
        int port = first.getPort();
        first.shutdownNow().awaitTermination();
        seeker[0] = seeker(store);
        seeker[0].start();
        next(ExecutorEvent.Connected.class);
        next(ExecutorEvent.Disconnected.class);
        Server again = ControlTransport.server(identity, new InetSocketAddress("127.0.0.1", port), REFUSALS)
                .addService(new Endpoint(1))
                .build()
                .start();
        while (true) {
            ExecutorEvent event = inbox.poll(20, TimeUnit.SECONDS);
            assertThat(event).isNotNull();
            if (event instanceof ExecutorEvent.Connected connected) {
                connected.link().send(ExecutorMessage.getDefaultInstance());
            } else if (event instanceof ExecutorEvent.FromMaster fromMaster) {
                assertThat(fromMaster.message().getEpoch()).isEqualTo(1);
                break;
            }
        }
        again.shutdownNow();
    }
}
