package io.selvage.task.executor;

import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.task.network.DataPlane;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An executor in this process, with real threads and a real data plane, and a master that is a queue. */
final class LocalExecutor {
    /** What an executor has said on one link. */
    record Said(LocalExecutor executor, MasterLink link, ExecutorMessage message) {}

    final ExecutorId id;
    final DataPlane dataPlane;
    /** What a process leaves there as it ends is nobody's to wait for; it is not in the test's own directory. */
    final Path stateDirectory;

    private final ExecutorLoop loop;
    private final Thread thread;
    private final ExecutorService preparing = Executors.newSingleThreadExecutor();
    private final ExecutorService uploading = Executors.newFixedThreadPool(2);
    private final BlockingQueue<Said> said;
    MasterLink link;

    /** @param isEncrypted whether its data is */
    LocalExecutor(
            String name,
            DurableStore store,
            Path directory,
            ApplicationIdentity identity,
            boolean isEncrypted,
            BlockingQueue<Said> said) {
        this.id = new ExecutorId(name);
        this.said = said;
        this.stateDirectory = Path.of("target", "state-on-disk", name + "-" + UUID.randomUUID());
        this.dataPlane = DataPlane.open(id, identity, isEncrypted, "127.0.0.1");
        ExecutorSettings settings = new ExecutorSettings(
                id, "127.0.0.1", 1, 1, "node:1", "", Duration.ofHours(1), directory.resolve(name), 64 << 20);
        ExecutorServices services = new ExecutorServices(
                store,
                Configuration.defaults(),
                dataPlane,
                // However small the states of tests are, they are chained; and hardly any row has room in the heap.
                new StateBackends(KeyedBackends.heap(0), () -> new RocksEnvironment(stateDirectory, 1 << 20, 64 << 10)),
                preparing,
                uploading,
                System::nanoTime,
                LocalExecutor.class.getClassLoader(),
                (code, reason) -> {
                    throw new IllegalStateException("the process would end with " + code + ": " + reason);
                },
                (signal, processId) -> {
                    throw new IllegalStateException("the process would get the signal " + signal);
                });
        this.loop = new ExecutorLoop(settings, services);
        this.thread = new Thread(loop, "executor-loop " + name);
        this.link = newLink();
        thread.start();
        loop.post(new ExecutorEvent.Connected(link));
    }

    private MasterLink newLink() {
        return new MasterLink() {
            @Override
            public void send(ExecutorMessage message) {
                said.add(new Said(LocalExecutor.this, this, message));
            }

            @Override
            public void close(String reason) {
                loop.post(new ExecutorEvent.Disconnected(this, reason));
            }
        };
    }

    RestoreFigures figures() {
        return loop.figures();
    }

    void tell(MasterMessage message) {
        loop.post(new ExecutorEvent.FromMaster(link, message));
    }

    /** The master dies, and another one is found. */
    void changeMaster() {
        loop.post(new ExecutorEvent.Disconnected(link, "the master has died"));
        link = newLink();
        loop.post(new ExecutorEvent.Connected(link));
    }

    /** As near to a kill as one process allows: what it does from now on reaches nobody. */
    void kill(JobId job) {
        dataPlane.close();
        endSubtasks(job);
        loop.post(new ExecutorEvent.Disconnected(link, "killed"));
        link = newLink();
    }

    private void endSubtasks(JobId job) {
        tell(MasterMessage.newBuilder()
                .setEpoch(Long.MAX_VALUE)
                .setStop(StopIncarnation.newBuilder().setJobId(job.value()).setIncarnation(Long.MAX_VALUE))
                .build());
    }

    /** To be followed by {@link #close}. */
    void end(JobId job) {
        endSubtasks(job);
        loop.post(new ExecutorEvent.Disconnected(link, "the test is over"));
        loop.stop();
    }

    void close() throws InterruptedException {
        thread.join(10_000);
        preparing.shutdownNow();
        uploading.shutdownNow();
        dataPlane.close();
    }
}
