package io.selvage.master.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.selvage.checkpoint.history.JournaledState;
import io.selvage.master.control.ControlServer;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.http.StatusServer;
import io.selvage.master.job.JobMaster;
import io.selvage.master.job.SessionFacts;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.MasterLoop;
import io.selvage.master.loop.Questions;
import io.selvage.master.resource.FleetLimits;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.transport.ControlTransport;
import io.selvage.protocol.wire.CheckpointAcknowledged;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.DrillKind;
import io.selvage.protocol.wire.DrillRequest;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobGraphMessage;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.ListJobsRequest;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.NewTokens;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionServiceGrpc;
import io.selvage.protocol.wire.ShowThreadsRequest;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.StopSessionRequest;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import io.selvage.protocol.wire.ThreadDump;
import io.selvage.protocol.wire.ThreadStack;
import io.selvage.protocol.wire.VertexMessage;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The core in its loop, behind its real ports; journal, HDFS and YARN answer at once. */
@Timeout(300)
class MasterOverTheWireTest {
    private static final String JOB = "job-wire";
    /** At each port, half-open: more than the status port has places. */
    private static final int SLOW = 150;
    /** At each port. */
    private static final int STRANGERS = 350;
    /** What a JVM may open meanwhile for itself: jars that it has not read before. */
    private static final int SPARE_DESCRIPTORS = 5;

    private final HttpClient http = HttpClient.newHttpClient();
    private volatile boolean lasting; // Volatile: the test's thread says when the job's input ends.
    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final CompletableFuture<MasterAction.ExitProcess> exit = new CompletableFuture<>();
    private final CompletableFuture<MasterAction.FailProcess> drilled = new CompletableFuture<>();
    private final AtomicReference<Consumer<String>> noted = new AtomicReference<>(line -> {});
    private final Inbox inbox = new Inbox(what -> exit.completeExceptionally(new IllegalStateException(what)));
    private final Questions questions = new Questions(inbox);
    private final Doors doors = new Doors();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final BlockingQueue<NewTokens> given = new LinkedBlockingQueue<>();
    private ControlServer control;
    private StatusServer status;
    private Thread loopThread;
    private SessionServiceGrpc.SessionServiceBlockingStub client;

    @BeforeEach
    void start() throws Exception {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        control = ControlServer.start(identity, loopback, inbox, questions, doors);
        status = StatusServer.start(loopback, questions, doors, anybody -> true);
        Configuration configuration = Configuration.defaults()
                .with(
                        Map.of(
                                "selvage.checkpoint.interval", "20ms",
                                "selvage.executor.standby", "0",
                                // Scripted executors say nothing of themselves.
                                "selvage.heartbeat.timeout", "10min",
                                "selvage.executor.idle-timeout", "10min"),
                        "in the test");
        JobMaster jobMaster = new JobMaster(
                new SessionFacts(
                        1,
                        "hdfs://nn/app",
                        SessionDescription.newBuilder()
                                .setApplicationId("application_1_1")
                                .setEpoch(1)
                                .build()),
                new JournaledState(),
                configuration,
                FleetLimits.of(SessionConfig.from(configuration)),
                1,
                1);
        long started = System.nanoTime();
        MasterLoop loop =
                new MasterLoop(jobMaster, inbox, new InstantSurroundings(), () -> System.nanoTime() - started);
        loopThread = new Thread(
                () -> {
                    try {
                        loop.run();
                    } catch (InterruptedException end) {
                        Thread.currentThread().interrupt();
                    }
                },
                "master-loop");
        loopThread.start();
        inbox.post(new MasterEvent.ResourceManagerJoined(List.of()));
        client = SessionServiceGrpc.newBlockingStub(channel(identity)).withDeadlineAfter(4, TimeUnit.MINUTES);
    }

    @AfterEach
    void stop() throws Exception {
        loopThread.interrupt();
        loopThread.join(); // It opens channels of executors.
        for (ManagedChannel channel : channels) {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
        status.stop();
        control.stop();
    }

    private ManagedChannel channel(ApplicationIdentity as) {
        ManagedChannel channel = ControlTransport.channel(
                        as, InetAddress.getLoopbackAddress().getHostAddress(), control.port())
                .build();
        channels.add(channel);
        return channel;
    }

    @Test
    void runsJobToItsEndAndStopsTheSession() throws Exception {
        assertThat(client.submitJob(submission()).getRefusal()).isEmpty();
        JobDescription job = awaitPhase(JobPhase.FINISHED);
        assertThat(job.getCheckpointsCompleted()).isGreaterThanOrEqualTo(1);
        assertThat(client.describeSession(DescribeSessionRequest.getDefaultInstance())
                        .getExecutorsList())
                .hasSize(1);
        client.stopSession(StopSessionRequest.newBuilder().setReason("test").build());
        assertThat(exit.get().code().code()).isZero();
    }

    @Test
    void losesAnExecutorWhoseStreamBreaks() throws Exception {
        submitLasting();
        awaitPhase(JobPhase.RUNNING);
        channels.get(channels.size() - 1).shutdownNow();
        awaitTrue("a second incarnation", () -> describe().getIncarnation() >= 2);
        lasting = false;
        awaitPhase(JobPhase.FINISHED);
    }

    @Test
    void executorsGetTheTokensOfTheMomentWhenTheyRegisterAndEachNewOne() throws Exception {
        control.giveTokens(tokens("too early for anyone"));
        control.giveTokens(tokens("at the start"));
        lasting = true;
        client.submitJob(submission());
        awaitPhase(JobPhase.RUNNING);
        assertThat(aliasOf(given.poll(20, TimeUnit.SECONDS))).isEqualTo("at the start");
        control.giveTokens(tokens("later"));
        assertThat(aliasOf(given.poll(20, TimeUnit.SECONDS))).isEqualTo("later");
        assertThat(given).isEmpty();
    }

    private static Credentials tokens(String alias) {
        Credentials credentials = new Credentials();
        credentials.addSecretKey(new Text(alias), new byte[0]);
        return credentials;
    }

    private static String aliasOf(NewTokens tokens) throws IOException {
        Credentials credentials = new Credentials();
        credentials.readTokenStorageStream(
                new DataInputStream(tokens.getCredentials().newInput()));
        return credentials.getAllSecretKeys().get(0).toString();
    }

    @Test
    void drillOfTheMasterIsAnsweredAndThenDone() throws Exception {
        assertThat(client.drill(DrillRequest.newBuilder()
                                .setKind(DrillKind.DRILL_HANG)
                                .build())
                        .getRefusal())
                .isEmpty();
        assertThat(drilled.get(10, TimeUnit.SECONDS).kind()).isEqualTo(DrillKind.DRILL_HANG);
    }

    @Test
    void tellsWhatItsThreadsDoEvenIfTheLoopHangs() throws Exception {
        CountDownLatch hung = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        noted.set(line -> hangUntil(hung, end));
        CompletableFuture<Void> submitted = CompletableFuture.runAsync(() -> client.submitJob(submission()));
        hung.await();
        try {
            ThreadDump dump = client.showThreads(ShowThreadsRequest.newBuilder()
                            .setThreadName("master-loop")
                            .build())
                    .getDump();
            assertThat(dump.getThreads(0).getFramesList()).anyMatch(frame -> frame.contains("hangUntil"));
        } finally {
            end.countDown();
        }
        submitted.join();
    }

    private static void hangUntil(CountDownLatch hung, CountDownLatch end) {
        hung.countDown();
        try {
            end.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private String anExecutorOfAJobThatHasRun() {
        client.submitJob(submission());
        awaitPhase(JobPhase.FINISHED);
        return client.describeSession(DescribeSessionRequest.getDefaultInstance())
                .getExecutors(0)
                .getExecutorId();
    }

    @Test
    void asksAnExecutorWhatItsThreadsDo() {
        String executor = anExecutorOfAJobThatHasRun();
        ShowThreadsResponse answer = client.showThreads(ShowThreadsRequest.newBuilder()
                .setExecutorId(executor)
                .setThreadName(JOB + " ")
                .setIsPrefix(true)
                .build());
        assertThat(answer.getSilence()).isEmpty();
        assertThat(answer.getDump().getThreads(0).getName()).isEqualTo(JOB + " prefix");
    }

    @Test
    void anExecutorThatDoesNotAnswerIsSaidNotTo() {
        String executor = anExecutorOfAJobThatHasRun();
        ShowThreadsResponse late = client.showThreads(ShowThreadsRequest.newBuilder()
                .setExecutorId(executor)
                .setThreadName("silence")
                .build());
        assertThat(late.getSilence()).contains(executor, "has not answered within 3000 ms");
        ShowThreadsResponse absent = client.showThreads(
                ShowThreadsRequest.newBuilder().setExecutorId("container_9").build());
        assertThat(absent.getSilence()).contains("\"container_9\"", "selvage status");
    }

    @Test
    void hasNothingToSayToOtherApplications() {
        var stranger = SessionServiceGrpc.newBlockingStub(channel(ApplicationIdentity.create()))
                .withDeadlineAfter(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> stranger.listJobs(ListJobsRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
    }

    @Test
    void refusesStreamThatDoesNotBeginWithRegister() {
        CompletableFuture<Throwable> error = new CompletableFuture<>();
        StreamObserver<ExecutorMessage> stream = ExecutorServiceGrpc.newStub(channel(identity))
                .connect(new StreamObserver<>() {
                    @Override
                    public void onNext(MasterMessage message) {
                        error.completeExceptionally(new AssertionError("an answer: " + message));
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        error.complete(thrown);
                    }

                    @Override
                    public void onCompleted() {
                        error.completeExceptionally(new AssertionError("completed"));
                    }
                });
        stream.onNext(ExecutorMessage.newBuilder()
                .setSubtask(SubtaskReport.getDefaultInstance())
                .build());
        assertThat(error.join()).hasMessageContaining("first message is Register");
    }

    @Test
    void showsItselfOnAPageThatCanOnlyBeRead() throws Exception {
        client.submitJob(submission());
        URI page =
                URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + status.port() + "/");
        HttpResponse<String> html =
                http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(html.statusCode()).isEqualTo(200);
        assertThat(html.body()).contains("application_1_1", JOB);
        HttpResponse<String> json = http.send(
                HttpRequest.newBuilder(page.resolve("api/jobs")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(json.body()).contains("\"job_id\":\"" + JOB + "\"");
        HttpResponse<String> post = http.send(
                HttpRequest.newBuilder(page)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(post.statusCode()).isEqualTo(405);
        HttpResponse<String> elsewhere = http.send(
                HttpRequest.newBuilder(page.resolve("etc/passwd")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(elsewhere.statusCode()).isEqualTo(404);
    }

    /** The first 400 inputs at each port; what is fed to the decoders alone is HttpFuzzTest's and ControlFuzzTest's. */
    @Test
    void strangersAtEitherPortHarmNoJobAndAreCounted() throws Exception {
        submitLasting();
        awaitPhase(JobPhase.RUNNING);
        assertThat(get("/").statusCode()).isEqualTo(200);
        long descriptors = descriptors();
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            for (int port : new int[] {status.port(), control.port()}) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.getOutputStream().write("GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII), 0, i % 14);
                slow.add(socket);
            }
        }
        assertThat(get("/api/jobs").body())
                .as("although others hold every place")
                .contains(JOB);
        for (int i = 0; i < STRANGERS; i++) {
            Random random = new Random(i);
            for (int port : new int[] {status.port(), control.port()}) {
                attack(port, random);
            }
            if (i % 60 == 0) {
                assertThat(get("/api/session").statusCode()).isEqualTo(200);
                assertThat(describe().getIncarnation())
                        .as("it was never restarted")
                        .isEqualTo(1);
            }
        }
        for (Socket socket : slow) {
            socket.close();
        }
        awaitTrue("each is counted, and told", () -> {
            SessionDescription told = client.describeSession(DescribeSessionRequest.getDefaultInstance());
            return told.getRefusedControlConnections() >= SLOW + STRANGERS
                    && told.getRefusedStatusConnections() >= SLOW + STRANGERS;
        });
        assertThat(get("/api/session").body())
                .containsPattern("\"refused_control_connections\":[1-9]")
                .containsPattern("\"refused_status_connections\":[1-9]");
        awaitTrue("their descriptors are closed", () -> descriptors() <= descriptors + SPARE_DESCRIPTORS);
        assertThat(describe().getPhase()).isEqualTo(JobPhase.RUNNING);
        assertThat(describe().getIncarnation()).isEqualTo(1);
        lasting = false;
        awaitPhase(JobPhase.FINISHED);
    }

    private void submitLasting() {
        lasting = true;
        assertThat(client.submitJob(submission()).getRefusal()).isEmpty();
    }

    /** Nothing of it is a request. */
    private static void attack(int port, Random random) throws IOException {
        byte[] bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(30_000) : random.nextInt(100)];
        random.nextBytes(bytes);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            if (random.nextInt(8) == 0) {
                socket.setSoLinger(true, 0); // Hangs up with a reset.
            }
            socket.getOutputStream().write(bytes);
            if (random.nextInt(4) == 0) {
                socket.shutdownOutput();
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                        .doesNotContain("application_1_1", JOB);
            }
        } catch (SocketException refused) {
            // Hung up on while it still wrote.
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        URI page =
                URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + status.port() + path);
        return http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void awaitTrue(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not in time: " + what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static SubmitJobRequest submission() {
        return SubmitJobRequest.newBuilder()
                .setJobId(JOB)
                .setGraphPath("hdfs://nn/app/job-wire/graph.pb")
                .build();
    }

    private JobDescription describe() {
        return client.listJobs(ListJobsRequest.newBuilder().setJobId(JOB).build())
                .getJobs(0);
    }

    private JobDescription awaitPhase(JobPhase wanted) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        JobDescription job = describe();
        while (job.getPhase() != wanted) {
            assertThat(System.nanoTime()).as("still %s", job.getPhase()).isLessThan(deadline);
            job = describe();
        }
        return job;
    }

    /** An executor that runs nothing, and drains once it has seen three checkpoints. */
    private final class ScriptedExecutor implements StreamObserver<MasterMessage> {
        private final ExecutorId id;
        private final StreamObserver<ExecutorMessage> out;
        private int completed;
        private boolean drained;

        ScriptedExecutor(ExecutorId id) {
            this.id = id;
            this.out = ExecutorServiceGrpc.newStub(channel(identity)).connect(this);
            out.onNext(ExecutorMessage.newBuilder()
                    .setRegister(Register.newBuilder()
                            .setExecutorId(id.value())
                            .setHost("localhost")
                            .setSlots(1))
                    .build());
        }

        @Override
        public void onNext(MasterMessage message) {
            assertThat(message.getEpoch()).isEqualTo(1);
            if (message.hasDeploy()) {
                completed = 0;
                drained = false;
                reportAll(message.getDeploy().getIncarnation(), SubtaskState.SUBTASK_RUNNING);
            } else if (message.hasTrigger()) {
                var trigger = message.getTrigger();
                out.onNext(ExecutorMessage.newBuilder()
                        .setCheckpointAcknowledged(CheckpointAcknowledged.newBuilder()
                                .setJobId(trigger.getJobId())
                                .setIncarnation(trigger.getIncarnation())
                                .setCheckpoint(trigger.getCheckpoint())
                                .addSubtasks(SubtaskSnapshot.newBuilder().setVertex(1)))
                        .build());
            } else if (message.hasComplete()) {
                completed++;
                if (message.getComplete().getTerminal()) {
                    reportAll(message.getComplete().getIncarnation(), SubtaskState.SUBTASK_FINISHED);
                } else if (completed >= 3 && !lasting && !drained) {
                    drained = true;
                    reportAll(message.getComplete().getIncarnation(), SubtaskState.SUBTASK_DRAINED);
                }
            } else if (message.hasDumpThreads()) {
                answer(message.getDumpThreads());
            } else if (message.hasNewTokens()) {
                given.add(message.getNewTokens());
            } else if (message.hasShutdown()) {
                out.onCompleted();
                inbox.post(new MasterEvent.ContainerCompleted(id, 0, "It ended by itself."));
            }
        }

        private void answer(DumpThreads wanted) {
            if (!wanted.getName().equals("silence")) {
                out.onNext(ExecutorMessage.newBuilder()
                        .setThreads(ThreadDump.newBuilder()
                                .setRequest(wanted.getRequest())
                                .addThreads(ThreadStack.newBuilder()
                                        .setName(wanted.getName() + (wanted.getIsPrefix() ? "prefix" : ""))))
                        .build());
            }
        }

        private void reportAll(long incarnation, SubtaskState state) {
            out.onNext(ExecutorMessage.newBuilder()
                    .setSubtask(SubtaskReport.newBuilder()
                            .setJobId(JOB)
                            .setIncarnation(incarnation)
                            .setVertex(1)
                            .setSubtask(0)
                            .setState(state))
                    .build());
        }

        @Override
        public void onError(Throwable error) {
            // The test has cut the stream.
        }

        @Override
        public void onCompleted() {
            // It has closed its own side already.
        }
    }

    private final class InstantSurroundings implements MasterAction.Performer {
        private int containers;

        @Override
        public void perform(MasterAction.AppendToJournal action) {
            inbox.post(new MasterEvent.JournalAppended(action.append()));
        }

        @Override
        public void perform(MasterAction.ConfirmLeadership action) {
            inbox.post(new MasterEvent.JournalAppended(action.append()));
        }

        @Override
        public void perform(MasterAction.FailProcess action) {
            drilled.complete(action);
        }

        @Override
        public void perform(MasterAction.Send action) {
            control.send(action);
        }

        @Override
        public void perform(MasterAction.Disconnect action) {
            control.disconnect(action);
        }

        @Override
        public void perform(MasterAction.Reply action) {
            questions.answer(action.request(), action.response());
        }

        @Override
        public void perform(MasterAction.WriteSavepoint action) {
            throw new AssertionError("nobody wants a savepoint");
        }

        @Override
        public void perform(MasterAction.DeleteSavepoint action) {
            throw new AssertionError("nobody wants a savepoint");
        }

        @Override
        public void perform(MasterAction.LoadGraph action) {
            inbox.post(new MasterEvent.GraphLoaded(
                    action.job(),
                    JobGraphMessage.newBuilder()
                            .setName("wire")
                            .setMaxParallelism(8)
                            .addVertices(VertexMessage.newBuilder()
                                    .setId(1)
                                    .setName("all")
                                    .setParallelism(1))
                            .build()));
        }

        @Override
        public void perform(MasterAction.WriteMetadata action) {
            inbox.post(new MasterEvent.MetadataWritten(action.key(), "hdfs://nn/" + action.key()));
        }

        @Override
        public void perform(MasterAction.SweepCheckpoints action) {}

        @Override
        public void perform(MasterAction.RetainCheckpoint action) {}

        @Override
        public void perform(MasterAction.DeleteClaimed action) {}

        @Override
        public void perform(MasterAction.DeleteJobFiles action) {}

        @Override
        public void perform(MasterAction.RequestContainers action) {
            for (int i = 0; i < action.count(); i++) {
                containers++;
                inbox.post(new MasterEvent.ContainerAllocated(new ExecutorId("container_" + containers), "node:1"));
            }
        }

        @Override
        public void perform(MasterAction.WithdrawRequests action) {}

        @Override
        public void perform(MasterAction.AvoidNodes action) {}

        @Override
        public void perform(MasterAction.LaunchExecutor action) {
            new ScriptedExecutor(action.executor());
        }

        @Override
        public void perform(MasterAction.ReleaseContainer action) {}

        @Override
        public void perform(MasterAction.ChangeGraph action) {
            inbox.post(new MasterEvent.GraphChanged(action.job(), action.to()));
        }

        @Override
        public void perform(MasterAction.DeleteSessionFiles action) {
            inbox.post(new MasterEvent.SessionFilesDeleted());
        }

        @Override
        public void perform(MasterAction.Unregister action) {
            inbox.post(new MasterEvent.Unregistered());
        }

        @Override
        public void perform(MasterAction.ExitProcess action) {
            exit.complete(action);
        }

        @Override
        public void perform(MasterAction.Note action) {
            noted.get().accept(action.line());
        }
    }
}
