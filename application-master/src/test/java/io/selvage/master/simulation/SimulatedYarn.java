package io.selvage.master.simulation;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.JournaledJob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: the ResourceManager and the nodes. It talks to the newest attempt of the master alone, and
 * starts the next one when it takes that for dead.
 */
final class SimulatedYarn {
    /** That an executor is asked for with, as it is set. */
    static final long MEMORY_MIB = 1_000;

    static final long MOST_MEMORY_MIB = 2 * MEMORY_MIB;
    /** That YARN gives to a container. */
    private static final long LARGEST_MIB = 1_900;
    /** What it gives is a multiple of this. */
    private static final long UNIT_MIB = 100;

    private static final int NODES = 3;
    private static final int HEARD_MILLIS = 5_000;
    /** What nobody has asked for. */
    private static final long SURPLUS = 0;
    /** Of seeds, in so many an executor uses more than is set, and in so many a node is defective. */
    private static final int SELDOM = 6;
    /** Of containers, one of so many is put where there is no defect, as long as the defective node gets any. */
    private static final int FAIR_SHARE = 4;

    private final Simulation simulation;
    /** Executors' processes. */
    private final Map<ExecutorId, SimulatedExecutor> executors = new TreeMap<>();
    /** Containers in which no process runs yet. */
    private final Map<ExecutorId, Boolean> empty = new TreeMap<>();
    /** Of each container that there ever was. */
    private final Map<ExecutorId, String> nodes = new TreeMap<>();

    private final Map<ExecutorId, Long> memoryMib = new TreeMap<>();
    /** Where the application gets nothing: kept over its attempts, as the scheduler does. */
    private final Set<String> avoided = new TreeSet<>();
    /** Those that the newest attempt has asked for. */
    private final Set<String> avoidedByNewest = new TreeSet<>();

    /** What an executor uses once it has run for a while. */
    private final long neededMib;
    /** Executors there don't start, or end because disks fail; empty if all nodes are well. */
    private final String defective;

    /** When the newest attempt has heard that it has joined. */
    private long joinHeardMillis = Long.MAX_VALUE;

    private int memoryKills;
    private int exclusions;

    private @Nullable SimulatedMaster attempt;
    private long lastAttempt;
    private long lastContainer;
    private long lastRequest;
    /** What was asked for and not withdrawn, by the request's number, each with its size. */
    private final Map<Long, Long> outstanding = new TreeMap<>();
    /** The same of what the ResourceManager has yet to hear. */
    private final Map<Long, Long> unheard = new TreeMap<>();

    private long awayUntilMillis;
    private int startsToFail;

    SimulatedYarn(Simulation simulation) {
        this.simulation = simulation;
        // Of its own, so that seeds in which all is well are what they were.
        SplittableRandom random = new SplittableRandom(~simulation.seed());
        this.neededMib = random.nextInt(SELDOM) == 0 ? random.nextLong(MEMORY_MIB + 1, LARGEST_MIB) : 0;
        this.defective = random.nextInt(SELDOM) == 0 ? "node:" + random.nextInt(NODES) : "";
    }

    // ---- the master ----------------------------------------------------------------------------------------------

    void startAttempt() {
        if (simulation.isSessionOver()) {
            return;
        }
        SimulatedMaster before = attempt;
        outstanding.clear();
        unheard.clear();
        avoidedByNewest.clear();
        joinHeardMillis = Long.MAX_VALUE;
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
                Map<ExecutorId, Long> sizes = new TreeMap<>();
                left.forEach(container -> sizes.put(container, memoryOf(container)));
                tell(new MasterEvent.ResourceManagerJoined(sizes, LARGEST_MIB, ""));
                sayNodes(master);
                joinHeardMillis = Long.MAX_VALUE;
                master.process().run(() -> joinHeardMillis = simulation.nowMillis());
            }
        });
    }

    /** Every few seconds, as long as it is there. */
    private void sayNodes(SimulatedMaster master) {
        if (master == attempt && master.process().lives()) {
            tell(new MasterEvent.ClusterSized(NODES));
            afterOutage(HEARD_MILLIS, () -> sayNodes(master));
        }
    }

    private void bringBack(String node) {
        Runnable back = () -> executors.keySet().stream()
                .filter(container -> nodeOf(container).equals(node))
                .forEach(this::tellOfPrevious);
        if (simulation.between(0, 2) == 0) {
            simulation.plan(simulation.between(200, 8_000), back);
        } else {
            simulation.onceRepaired(back);
        }
    }

    // ---- containers ----------------------------------------------------------------------------------------------

    private void tellOfPrevious(ExecutorId container) {
        tell(new MasterEvent.PreviousContainerFound(container, memoryOf(container)));
    }

    void request(SimulatedMaster master, int count, long mib) {
        Invariant.check(
                mib >= MEMORY_MIB && mib <= LARGEST_MIB && mib <= MOST_MEMORY_MIB,
                "a container of %d MiB is asked for, which YARN refuses, or nobody allows",
                mib);
        if (master != attempt) {
            return;
        }
        outstanding.values().removeIf(other -> other != mib);
        unheard.values().removeIf(other -> other != mib);
        List<Long> asked = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            asked.add(++lastRequest);
        }
        if (simulation.chance(Fault.RM_DOES_NOT_ANSWER, 0.1)) {
            asked.forEach(request -> unheard.put(request, mib));
            simulation.onceRepaired(() -> {
                if (master == attempt) {
                    ask(
                            master,
                            asked.stream()
                                    .filter(request -> unheard.remove(request) != null)
                                    .toList(),
                            mib);
                }
            });
            return;
        }
        ask(master, asked, mib);
    }

    private void ask(SimulatedMaster master, List<Long> asked, long mib) {
        List<Long> given = new ArrayList<>(asked);
        asked.forEach(request -> outstanding.put(request, mib));
        if (!asked.isEmpty() && simulation.chance(Fault.RM_GIVES_TOO_MUCH, 0.1)) {
            given.add(SURPLUS);
        }
        for (long request : given) {
            int takes = simulation.chance(Fault.RM_ANSWERS_LATE, 0.1)
                    ? simulation.between(800, 6_000)
                    : simulation.between(50, 800);
            afterOutage(takes, () -> allocate(master, request, mib));
        }
    }

    private void allocate(SimulatedMaster master, long request, long mib) {
        if (master != attempt
                || !master.process().lives()
                || (outstanding.remove(request) == null && request != SURPLUS)) {
            return;
        }
        ExecutorId container = new ExecutorId("container_" + (1_000 + ++lastContainer));
        empty.put(container, true);
        nodes.put(container, nodeFor(container));
        memoryMib.put(container, (mib + UNIT_MIB - 1) / UNIT_MIB * UNIT_MIB);
        tell(allocated(container));
        if (simulation.chance(Fault.RM_ANSWERS_TWICE, 0.1)) {
            simulation.plan(simulation.between(1, 100), () -> tell(allocated(container)));
        }
    }

    private MasterEvent allocated(ExecutorId container) {
        return new MasterEvent.ContainerAllocated(container, nodeOf(container), memoryOf(container));
    }

    /** One where the application may have containers. */
    private String nodeFor(ExecutorId container) {
        int hash = container.value().hashCode();
        if (!defective.isEmpty() && !avoided.contains(defective) && Math.floorMod(hash, FAIR_SHARE) > 0) {
            return defective; // What ends there makes room there.
        }
        int first = Math.floorMod(hash, NODES);
        for (int i = 0; i < NODES; i++) {
            String node = "node:" + (first + i) % NODES;
            if (!avoided.contains(node)) {
                return node;
            }
        }
        throw new AssertionError("every node is excluded: " + avoided);
    }

    /** The newest attempt alone is heard, and what it excludes stays excluded after it. */
    void avoid(SimulatedMaster master, MasterAction.AvoidNodes action) {
        afterOutage(simulation.between(1, 100), () -> {
            if (master == attempt) {
                action.takenBack().forEach(avoided::remove);
                action.takenBack().forEach(avoidedByNewest::remove);
                avoided.addAll(action.excluded());
                avoidedByNewest.addAll(action.excluded());
                exclusions += action.excluded().size();
                Invariant.check(
                        avoidedByNewest.size() <= NODES / 3, "too many nodes are excluded: %s", avoidedByNewest);
            }
        });
    }

    /** What earlier attempts have excluded is back some time after a new one has joined. */
    void checkAvoided() {
        SimulatedMaster newest = attempt;
        long sinceMillis = simulation.nowMillis() - Math.max(joinHeardMillis, awayUntilMillis);
        if (newest != null && newest.process().lives() && joinHeardMillis < Long.MAX_VALUE && sinceMillis > 1_000) {
            Invariant.check(
                    avoidedByNewest.containsAll(avoided),
                    "nodes stay excluded, and epoch %d does not know: %s",
                    newest.epoch(),
                    avoided);
        }
    }

    void withdraw(SimulatedMaster master, int count) {
        if (master == attempt) {
            for (int i = 0; i < count; i++) {
                Map<Long, Long> from = unheard.isEmpty() ? outstanding : unheard;
                from.keySet().stream().findFirst().ifPresent(from::remove);
            }
        }
    }

    void launch(MasterAction.LaunchExecutor action) {
        ExecutorId container = action.executor();
        simulation.plan(simulation.between(100, 1_500), () -> {
            if (empty.remove(container) == null) {
                return;
            }
            boolean mayNot = startsToFail > 0 && simulation.isFaulty();
            startsToFail -= mayNot ? 1 : 0;
            boolean fails = nodeOf(container).equals(defective);
            if (fails && hasRun() && simulation.between(0, 2) == 0) {
                reportEnd(container, -1000);
                return;
            }
            if (mayNot || simulation.chance(Fault.EXECUTOR_DOES_NOT_START, 0.05)) {
                reportEnd(container, 1);
                return;
            }
            SimulatedExecutor executor = new SimulatedExecutor(container, simulation);
            executors.put(container, executor);
            simulation.seek(executor);
            if (memoryOf(container) < neededMib) {
                endSoon(container, -104);
            } else if (fails) {
                endSoon(container, -101);
            }
        });
    }

    /** A job that has not run yet may end because no executor starts. */
    private boolean hasRun() {
        return simulation.journal().job().filter(JournaledJob::hasCheckpoint).isPresent();
    }

    /** It goes on for a while; its process needs more memory then, or the disks of its node fail. */
    private void endSoon(ExecutorId container, int status) {
        simulation.plan(simulation.between(600, 2_000), () -> {
            if (!executors.containsKey(container) || simulation.isSessionOver()) {
                return;
            }
            if (status == -101 && !hasRun()) {
                endSoon(container, status);
            } else {
                memoryKills += status == -104 ? 1 : 0;
                end(container, status);
            }
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
            executors.keySet().forEach(this::tellOfPrevious);
            empty.keySet().forEach(this::tellOfPrevious);
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

    String nodeOf(ExecutorId container) {
        return nodes.getOrDefault(container, "");
    }

    private long memoryOf(ExecutorId container) {
        return memoryMib.getOrDefault(container, 0L);
    }

    /** How many executors were ended because they used more memory than they had. */
    int memoryKills() {
        return memoryKills;
    }

    /** How often a node was excluded. */
    int exclusions() {
        return exclusions;
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
