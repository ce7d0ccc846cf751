package io.selvage.master.simulation;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.MasterMessage;

/** Owned by the simulation: one executor's stream to one master. What it carries arrives in order, or not at all. */
final class Stream {
    private final Simulation simulation;
    private final ConnectionId connection;
    private final SimulatedMaster master;
    private final SimulatedExecutor executor;
    private boolean open = true;
    private boolean silent;
    private long toMasterMillis;
    private long toExecutorMillis;

    Stream(Simulation simulation, ConnectionId connection, SimulatedMaster master, SimulatedExecutor executor) {
        this.simulation = simulation;
        this.connection = connection;
        this.master = master;
        this.executor = executor;
    }

    ConnectionId connection() {
        return connection;
    }

    SimulatedMaster master() {
        return master;
    }

    SimulatedExecutor executor() {
        return executor;
    }

    void toMaster(MasterEvent event) {
        toMasterMillis = arrival(toMasterMillis);
        simulation.planAt(toMasterMillis, () -> deliver(event));
        if (!(event instanceof MasterEvent.ExecutorRegistered) && simulation.chance(Fault.MESSAGE_COMES_TWICE, 0.01)) {
            toMasterMillis = arrival(toMasterMillis);
            simulation.planAt(toMasterMillis, () -> deliver(event));
        }
    }

    void toExecutor(MasterMessage message) {
        toExecutorMillis = arrival(toExecutorMillis);
        simulation.planAt(toExecutorMillis, () -> deliver(message));
        if (simulation.chance(Fault.MESSAGE_COMES_TWICE, 0.01)) {
            toExecutorMillis = arrival(toExecutorMillis);
            simulation.planAt(toExecutorMillis, () -> deliver(message));
        }
    }

    private void deliver(MasterEvent event) {
        if (open && !silent) {
            master.process().run(() -> master.tell(event));
        }
    }

    private void deliver(MasterMessage message) {
        // Without the check of epochs, an old stream is still listened to.
        if ((open || simulation.is(Variant.EPOCH_NOT_CHECKED)) && !silent) {
            executor.process().run(() -> {
                simulation.trace("%s <- %s", executor.id(), message);
                executor.onMessage(this, message);
            });
        }
    }

    private long arrival(long after) {
        long takes = simulation.chance(Fault.MESSAGE_IS_LATE, 0.005)
                ? simulation.between(200, 2_000)
                : simulation.between(1, 15);
        return Math.max(after, simulation.nowMillis() + takes);
    }

    /** Both ends hear of it; what is on its way is lost. */
    void breaks() {
        if (open) {
            open = false;
            if (silent) {
                simulation.onReasonGone();
            }
            master.forget(this);
            simulation.plan(
                    simulation.between(1, 20), () -> executor.process().run(() -> executor.onStreamBroken(this)));
            simulation.plan(
                    simulation.between(1, 20),
                    () -> master.process()
                            .run(() -> master.tell(
                                    new MasterEvent.ExecutorDisconnected(executor.id(), connection, "broken."))));
        }
    }

    /** Nothing gets through any more, and nobody hears of it until the faults are over. */
    void goSilent() {
        if (silent || !open) {
            return;
        }
        silent = true;
        simulation.onLastingReason();
        simulation.onceRepaired(this::breaks);
    }
}
