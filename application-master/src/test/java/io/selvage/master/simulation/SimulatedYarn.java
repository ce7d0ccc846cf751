package io.selvage.master.simulation;

import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: the ResourceManager and the nodes. It talks to the newest attempt of the master alone, and
 * starts the next one when it takes that for dead.
 */
final class SimulatedYarn {
    private static final int NODES = 3;

    private final Simulation simulation;
    /** Executors' processes. */
    private final Map<ExecutorId, SimulatedExecutor> executors = new TreeMap<>();
    /** Containers in which no process runs yet. */
    private final Map<ExecutorId, Boolean> empty = new TreeMap<>();

    private @Nullable SimulatedMaster attempt;
    private long lastAttempt;
    private long lastContainer;
    private int outstanding;
    private int unheard;
    private long awayUntilMillis;
    private int startsToFail;

    SimulatedYarn(Simulation simulation) {
        this.simulation = simulation;
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    void startAttempt() {
        if (simulation.isSessionOver()) {
            return;
        }
        SimulatedMaster before = attempt;
        outstanding = 0;
        unheard = 0;
        SimulatedMaster next = new SimulatedMaster(++lastAttempt, simulation);
        attempt = next;
        if (before != null && !simulation.chance(Fault.MASTER_IS_CUT_OFF, 0.5)) {
            simulation.plan(
                    simulation.between(1, 2_000),
                    () -> before.process()
                            .run(() -> before.tell(new MasterEvent.ResourceManagerLost("There is a newer attempt."))));
        }
        next.begin();
    }

    /** The attempt's process has ended, or is taken for dead after a while. */
    void onAttemptEnded(SimulatedMaster ended) {
        if (ended == attempt && !simulation.isSessionOver()) {
            simulation.plan(simulation.between(200, 2_000), () -> {
                if (ended == attempt) {
                    startAttempt();
                }
            });
        }
    }

    Optional<SimulatedMaster> attempt() {
        return Optional.ofNullable(attempt);
    }

    void register(SimulatedMaster master) {
        afterOutage(simulation.between(20, 300), () -> {
            if (master == attempt) {
                List<ExecutorId> left = new ArrayList<>(executors.keySet());
                if (simulation.chance(Fault.RM_KNOWS_A_NODE_LATE, 0.3)) {
                    String late = "node:" + simulation.between(0, NODES);
                    left.removeIf(container -> nodeOf(container).equals(late));
                    bringBack(late);
                }
                left.addAll(empty.keySet());
                tell(new MasterEvent.ResourceManagerJoined(left));
            }
        });
    }

    private void bringBack(String node) {
        Runnable back = () -> executors.keySet().stream()
                .filter(container -> nodeOf(container).equals(node))
                .forEach(container -> tell(new MasterEvent.PreviousContainerFound(container)));
        if (simulation.between(0, 2) == 0) {
            simulation.plan(simulation.between(200, 8_000), back);
        } else {
            simulation.onceRepaired(back);
        }
    }

    // ---- containers ----------------------------------------------------------------------------------------------

    void request(SimulatedMaster master, int count) {
        if (master != attempt) {
            return;
        }
        if (simulation.chance(Fault.RM_DOES_NOT_ANSWER, 0.1)) {
            unheard += count;
            simulation.onceRepaired(() -> {
                if (master == attempt) {
                    int heard = Math.min(count, unheard);
                    unheard -= heard;
                    ask(master, heard);
                }
            });
            return;
        }
        ask(master, count);
    }

    private void ask(SimulatedMaster master, int count) {
        outstanding += count;
        int given = count + (count > 0 && simulation.chance(Fault.RM_GIVES_TOO_MUCH, 0.1) ? 1 : 0);
        for (int i = 0; i < given; i++) {
            boolean surplus = i >= count;
            int takes = simulation.chance(Fault.RM_ANSWERS_LATE, 0.1)
                    ? simulation.between(800, 6_000)
                    : simulation.between(50, 800);
            afterOutage(takes, () -> allocate(master, surplus));
        }
    }

    private void allocate(SimulatedMaster master, boolean surplus) {
        if (master != attempt || !master.process().lives() || (outstanding == 0 && !surplus)) {
            return;
        }
        outstanding -= surplus ? 0 : 1;
        ExecutorId container = new ExecutorId("container_" + (1_000 + ++lastContainer));
        empty.put(container, true);
        tell(new MasterEvent.ContainerAllocated(container, nodeOf(container)));
        if (simulation.chance(Fault.RM_ANSWERS_TWICE, 0.1)) {
            simulation.plan(
                    simulation.between(1, 100),
                    () -> tell(new MasterEvent.ContainerAllocated(container, nodeOf(container))));
        }
    }

    void withdraw(SimulatedMaster master, int count) {
        if (master == attempt) {
            int ofUnheard = Math.min(count, unheard);
            unheard -= ofUnheard;
            outstanding = Math.max(0, outstanding - (count - ofUnheard));
        }
    }

    void launch(ExecutorId container) {
        simulation.plan(simulation.between(100, 1_500), () -> {
            if (empty.remove(container) == null) {
                return;
            }
            boolean mayNot = startsToFail > 0 && simulation.isFaulty();
            startsToFail -= mayNot ? 1 : 0;
            if (mayNot || simulation.chance(Fault.EXECUTOR_DOES_NOT_START, 0.05)) {
                reportEnd(container, 1);
                return;
            }
            SimulatedExecutor executor = new SimulatedExecutor(container, simulation);
            executors.put(container, executor);
            simulation.seek(executor);
        });
    }

    /** The ResourceManager does what the newest attempt wants, and refuses the others. */
    void release(SimulatedMaster master, ExecutorId container) {
        afterOutage(simulation.between(10, 500), () -> {
            if (master == attempt) {
                end(container, -105);
            }
        });
    }

    /** A container's process ends, or its container is taken back before there was one. */
    void end(ExecutorId container, int status) {
        SimulatedExecutor executor = executors.remove(container);
        boolean known = empty.remove(container) != null || executor != null;
        if (executor != null) {
            simulation.trace("%s ends with %d", container, status);
            executor.regions().forEach(simulation::onReasonToRestart);
            executor.process().die();
            simulation.breakStreams(executor);
            executors
                    .values()
                    .forEach(other -> simulation.plan(
                            simulation.between(1, 50), () -> other.process().run(() -> other.onPeerLost(container))));
        }
        if (known && !(simulation.chance(Fault.RM_FORGETS_AN_END, 0.02))) {
            reportEnd(container, status);
        }
    }

    private void reportEnd(ExecutorId container, int status) {
        MasterEvent completed = new MasterEvent.ContainerCompleted(container, status, "It ended with " + status + ".");
        boolean late = simulation.chance(Fault.RM_ANSWERS_LATE, 0.05);
        afterOutage(late ? simulation.between(1_000, 8_000) : simulation.between(50, 1_000), () -> tell(completed));
        if (simulation.chance(Fault.RM_ANSWERS_TWICE, 0.05)) {
            afterOutage(simulation.between(50, 1_000), () -> tell(completed));
        }
    }

    /** It is away for so long; then it tells the attempt about every container again. */
    void restart(long millis) {
        awayUntilMillis = simulation.nowMillis() + millis;
        afterOutage(simulation.between(1, 1_000), () -> {
            executors.keySet().forEach(container -> tell(new MasterEvent.PreviousContainerFound(container)));
            empty.keySet().forEach(container -> tell(new MasterEvent.PreviousContainerFound(container)));
        });
    }

    /** Some seconds later it does. */
    void announcePreemption(SimulatedExecutor executor) {
        simulation.onLastingReason();
        tell(new MasterEvent.ContainerToBePreempted(executor.id(), "Another queue needs it."));
        simulation.plan(simulation.between(500, 6_000), () -> {
            end(executor.id(), -102);
            simulation.onReasonGone();
        });
    }

    void loseNode(String node) {
        endAll(node);
        simulation.plan(simulation.between(1, 2_000), () -> {
            endAll(node);
            tell(new MasterEvent.NodeLost(node, "It does not answer."));
        });
    }

    private void endAll(String node) {
        List.copyOf(executors.keySet()).stream()
                .filter(container -> nodeOf(container).equals(node))
                .forEach(container -> end(container, -100));
    }

    static String nodeOf(ExecutorId container) {
        return "node:" + Math.floorMod(container.value().hashCode(), NODES);
    }

    /** Every container ends, and so many of those that are launched from then on do not become executors. */
    void startNothing(int containers) {
        List.copyOf(executors.keySet()).forEach(container -> end(container, 137));
        startsToFail = containers;
    }

    void endAll() {
        List.copyOf(executors.keySet()).forEach(container -> end(container, -106));
        empty.clear();
    }

    Collection<SimulatedExecutor> executors() {
        return executors.values();
    }

    boolean holds(SimulatedExecutor executor) {
        return executors.get(executor.id()) == executor;
    }

    /** Containers that the session has, with a process or without. */
    int containerCount() {
        return executors.size() + empty.size();
    }

    private void tell(MasterEvent event) {
        SimulatedMaster master = attempt;
        if (master != null) {
            master.process().run(() -> master.tell(event));
        }
    }

    private void afterOutage(int takesMillis, Runnable action) {
        simulation.planAt(Math.max(simulation.nowMillis(), awayUntilMillis) + takesMillis, action);
    }
}
