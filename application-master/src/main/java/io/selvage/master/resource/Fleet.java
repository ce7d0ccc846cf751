package io.selvage.master.resource;

import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.ContainerEnd;
import io.selvage.master.event.MasterAction;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.ClusterLearnt;
import io.selvage.protocol.wire.Following;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.Register;
import io.selvage.protocol.wire.Registered;
import io.selvage.protocol.wire.Shutdown;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the job master: the session's containers and executors. Decides what YARN is asked for and what it gets
 * back; answers which executors are lost, and leaves to its owner what that means for jobs.
 *
 * <p>Times are nanoseconds since the master's start.
 */
public final class Fleet {
    public static final long NEVER = Long.MAX_VALUE;
    /** Executors that end before they register, one after the other, until jobs are told. */
    static final int MAX_FAILED_STARTS = 5;
    /** Between the failed start of an executor, but for the first, and the next request; doubled with each. */
    private static final long FIRST_ASK_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int MAX_ASK_DOUBLINGS = 6;
    /** Fewer while jobs wait: they are not to be down for much longer than what keeps executors from starting. */
    private static final int MAX_ASK_DOUBLINGS_IN_NEED = 4;
    /** What arrives so soon after a suspicion may have been sent before the executor's end. */
    private static final long SUSPICION_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /**
     * Between the loss of an executor and the request for the next standby: longer than jobs take to catch up, which
     * the start of a JVM on the same two processors would make several seconds of.
     */
    private static final long STANDBY_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** So long YARN may give nothing before it is asked for less: for smaller containers, and on all nodes. */
    static final long UNANSWERED_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** YARN is heard every few seconds; if it is not for so long, it was away. */
    static final long UNHEARD_NANOS = TimeUnit.SECONDS.toNanos(15);
    /** Nodes that the journal has as excluded at some time; no other is excluded once there are so many. */
    private static final int MAX_EXCLUDED_KNOWN = 1_000;
    /** How many ids of containers that were given back are remembered. */
    private static final int MAX_RELEASED_KNOWN = 10_000;

    private final FleetLimits limits;
    private final long epoch;
    private final Consumer<MasterAction> actions;
    /** What would harm a newer master, if there is one. */
    private final Consumer<MasterAction> actionsOnceLeading;
    /** Makes a record durable, and then goes on. */
    private final BiConsumer<JournalRecord, Runnable> records;

    private final ExecutorMemory memory;
    private final FailingNodes failing = new FailingNodes();
    /** What the journal says, or will once all records on their way are durable. */
    private ClusterLearnt learnt;

    private final Map<ExecutorId, Executor> executors = new TreeMap<>();
    private final SlotPool slots = new SlotPool();
    /** Oldest first. They are on their way out, and what they still say is refused. */
    private final Set<ExecutorId> released = new LinkedHashSet<>();

    /** Known once the ResourceManager has told which containers are left of the attempt before. */
    private boolean joined;

    private boolean recovering = true;
    private long graceEndsNanos = NEVER;
    private int requestedCount;
    /** What each of those was asked for with. */
    private long requestedMib;
    /** Why nothing is asked for, a sentence; empty if YARN may be asked. */
    private String heldBack = "";
    /**
     * Since when YARN has given nothing of what it is asked for, though jobs wait for it and it may give it;
     * {@link #NEVER} if they don't, or if that has just changed. What standbys wait for does not count.
     */
    private long unansweredNanos = NEVER;
    /** When YARN was heard last. */
    private long heardNanos;

    private int failedStarts;
    private @Nullable String lastFailedStart;
    /** Executors that have ended before they registered since the last one that did. */
    private int failuresInARow;

    /** No containers are asked for before, as those before did not become executors. */
    private long askAgainNanos;
    /** The same while jobs wait for slots. */
    private long askAgainInNeedNanos;

    /** A new standby is not asked for before. */
    private long standbyFromNanos;

    /** Since when a standby is missing; {@link #NEVER} if none is. */
    private long standbyMissingNanos = NEVER;

    private boolean standbyMissingNoted;
    private boolean closing;
    private long checkedNanos;

    /**
     * @param actions carried out as they are given
     * @param actionsOnceLeading carried out, in order, once it is certain that no newer master is there
     * @param records made durable, and followed by what is given with them
     * @param learnt by earlier masters
     */
    public Fleet(
            FleetLimits limits,
            long epoch,
            Consumer<MasterAction> actions,
            Consumer<MasterAction> actionsOnceLeading,
            BiConsumer<JournalRecord, Runnable> records,
            ClusterLearnt learnt) {
        this.limits = limits;
        this.records = records;
        this.learnt = learnt;
        this.memory = new ExecutorMemory(
                limits.memoryMib(), limits.mostMemoryMib(), learnt.getExecutorMemoryMib(), learnt.getHeapMemoryMib());
        this.epoch = epoch;
        this.actions = actions;
        this.actionsOnceLeading = actionsOnceLeading;
    }

    // ---- containers ----------------------------------------------------------------------------------------------

    /**
     * The containers that earlier attempts have left are known: their executors have a grace to register.
     *
     * @param unfit why YARN would refuse to be asked for executors, a sentence; empty if it would not
     */
    public void onJoined(Map<ExecutorId, Long> previous, long largestMemoryMib, String unfit, long nowNanos) {
        joined = true;
        heldBack = unfit;
        graceEndsNanos = nowNanos + limits.graceNanos();
        memory.boundBy(largestMemoryMib);
        if (learnt.getExcludedNodesCount() > 0) {
            // YARN keeps what earlier attempts have excluded, and this one has seen none of it fail.
            actions.accept(new MasterAction.AvoidNodes(List.of(), learnt.getExcludedNodesList()));
        }
        previous.forEach((executor, memoryMib) -> onPreviousFound(executor, memoryMib, nowNanos));
    }

    /** @param memoryMib of its container; 0: not known */
    public void onPreviousFound(ExecutorId executor, long memoryMib, long nowNanos) {
        Executor known = executors.get(executor);
        if (closing) {
            release(executor, "The session is being stopped.");
        } else if (known != null) {
            known.setMemoryMib(memoryMib);
        } else if (!released.contains(executor)) {
            executors.put(
                    executor,
                    new Executor(executor, "", memoryMib, ExecutorState.RECOVERED, nowNanos + limits.graceNanos()));
        }
    }

    /**
     * Launches an executor, unless the need has gone since the container was asked for.
     *
     * @param memoryMib of the container; 0: not known
     */
    public void onAllocated(ExecutorId executor, String node, long memoryMib, Demand demand, long nowNanos) {
        if (executors.containsKey(executor)) {
            note("Container " + executor + " was allocated twice.");
            return;
        }
        if (released.contains(executor)) {
            release(executor, "It was given back already, and YARN has allocated it again.");
            return;
        }
        // A smaller one was asked for before, and has crossed the withdrawal of that.
        if (memoryMib == 0 || memoryMib >= requestedMib) {
            requestedCount = Math.max(0, requestedCount - 1);
            unansweredNanos = NEVER;
        }
        if (missingContainers(demand) == 0) {
            release(executor, "It is not needed any more.");
        } else {
            Executor launched =
                    new Executor(executor, node, memoryMib, ExecutorState.STARTING, nowNanos + limits.startNanos());
            launched.launchedWith(memory.reserveOf(memoryMib));
            executors.put(executor, launched);
            note("Executor " + executor + " is launched on " + node + ".");
            actions.accept(new MasterAction.LaunchExecutor(executor, launched.reserveMib()));
        }
    }

    /** @param isOfNode its node has refused to start it, or could not */
    public Optional<LostExecutor> onStartFailed(ExecutorId executor, String reason, boolean isOfNode, long nowNanos) {
        Executor failed = executors.get(executor);
        if (failed == null) {
            return Optional.empty();
        }
        if (isOfNode) {
            failing.onFailure(failed.node(), reason, nowNanos);
        }
        return evict(executor, reason);
    }

    /** The container's end is known; its subtasks may have been lost earlier. */
    public Optional<LostExecutor> onCompleted(
            ExecutorId executor, ContainerEnd end, String explanation, long nowNanos) {
        Executor gone = executors.remove(executor);
        boolean wasReleased = released.remove(executor);
        if (gone == null) {
            note("Container " + executor + ", which " + (wasReleased ? "was given back" : "is not known any more")
                    + ", is gone: " + explanation);
            if (!wasReleased && end == ContainerEnd.MEMORY && !memory.isRaised()) {
                // It may have ended while no master was there. If more is asked for, it may be what has taught that.
                note(memory.onExceeded(0, 0, nowNanos));
            }
            return Optional.empty();
        }
        countFailedStart(gone, explanation);
        note("Executor " + executor + " is gone: " + explanation);
        boolean neverWas = gone.state() == ExecutorState.STARTING && end == ContainerEnd.PROCESS;
        if (end == ContainerEnd.NODE || neverWas) {
            failing.onFailure(gone.node(), explanation, nowNanos);
        }
        if (end == ContainerEnd.MEMORY) {
            note(memory.onExceeded(gone.memoryMib(), gone.reserveMib(), nowNanos));
        }
        return Optional.of(new LostExecutor(executor, explanation));
    }

    /** YARN has been heard, and says how many running nodes the cluster has. */
    public void onClusterSized(int nodes, long nowNanos) {
        failing.onClusterSized(nodes);
        if (nowNanos - heardNanos > UNHEARD_NANOS) {
            unansweredNanos = NEVER; // It was away, and had no time to give anything.
        }
        heardNanos = nowNanos;
    }

    /** A node has come on which an executor fits: YARN takes requests again, if it did not. */
    public void onExecutorsFit(String node) {
        if (!heldBack.isEmpty()) {
            note("Executors are asked for again: node " + node + " is large enough.");
            heldBack = "";
        }
    }

    // ---- executors -----------------------------------------------------------------------------------------------

    /** Answers the loss of what ran on the executor's earlier stream, if there was one. */
    public Optional<LostExecutor> onRegistered(
            ExecutorId id, ConnectionId connection, Register register, long nowNanos) {
        Executor known = executors.get(id);
        if (closing || released.contains(id) || (known != null && known.state() == ExecutorState.LEAVING)) {
            refuse(id, connection, closing ? "The session is being stopped." : "Its container was given back.");
            return Optional.empty();
        }
        Optional<LostExecutor> earlier = Optional.empty();
        if (known == null) {
            // Its container's report is still on its way; the stream's certificate says that it is the application's.
            known = new Executor(id, register.getNode(), 0, ExecutorState.RECOVERED, NEVER);
            executors.put(id, known);
        } else if (known.state() == ExecutorState.REGISTERED) {
            earlier = Optional.of(new LostExecutor(id, "Executor " + id + " has opened its stream anew."));
            known.become(ExecutorState.LOST, NEVER);
        }
        known.become(ExecutorState.REGISTERED, nowNanos + limits.heartbeatTimeoutNanos());
        known.connect(connection, register, nowNanos);
        failedStarts = 0;
        failuresInARow = 0;
        askAgainNanos = 0;
        askAgainInNeedNanos = 0;
        note("Executor " + id + " on " + register.getHost() + " has registered with " + register.getSlots()
                + " slots, process " + register.getPid() + ".");
        send(
                id,
                MasterMessage.newBuilder()
                        .setRegistered(Registered.newBuilder()
                                .setHeartbeatIntervalMillis(
                                        TimeUnit.NANOSECONDS.toMillis(limits.heartbeatIntervalNanos()))
                                .setHeartbeatTimeoutMillis(
                                        TimeUnit.NANOSECONDS.toMillis(limits.heartbeatTimeoutNanos()))));
        return earlier;
    }

    public Optional<LostExecutor> onDisconnected(ExecutorId id, ConnectionId connection, String reason, long nowNanos) {
        Executor executor = executors.get(id);
        if (executor == null || executor.state() != ExecutorState.REGISTERED || !executor.hasConnection(connection)) {
            return Optional.empty();
        }
        executor.become(ExecutorState.LOST, nowNanos + limits.exitStatusNanos());
        String sentence = "The stream of executor " + id + " on " + executor.host() + " has broken: " + reason;
        note(sentence);
        return Optional.of(new LostExecutor(id, sentence));
    }

    /** Whether that is the stream with which the executor is registered now: what another one says is refused. */
    public boolean isCurrent(ExecutorId id, ConnectionId connection) {
        Executor executor = executors.get(id);
        return executor != null && executor.state() == ExecutorState.REGISTERED && executor.hasConnection(connection);
    }

    public void onSignOfLife(ExecutorId id, long nowNanos) {
        registeredOrThrow(id).extendDeadline(nowNanos + limits.heartbeatTimeoutNanos());
    }

    /** Gives up an executor that does not do what it must. */
    public Optional<LostExecutor> evict(ExecutorId id, String reason) {
        Executor executor = executors.remove(id);
        if (executor == null) {
            return Optional.empty();
        }
        countFailedStart(executor, reason);
        // It may live on where YARN can't end it: it must not take the master's silence for the master's fault.
        executor.connection().ifPresent(connection -> sendAway(id, connection, reason));
        release(id, reason);
        return Optional.of(new LostExecutor(id, reason));
    }

    /** YARN will take its container away: nothing new goes there, and it ends once nothing runs there any more. */
    public void onGoodbye(ExecutorId id, String reason) {
        Executor executor = executors.get(id);
        if (executor != null && executor.goodbye().isEmpty()) {
            note("Executor " + id + " will be taken away: " + reason);
            executor.sayGoodbye(reason);
        }
    }

    public void onNodeLeaving(String node, String reason) {
        executors.values().stream()
                .filter(executor -> executor.node().equals(node))
                .forEach(executor -> onGoodbye(executor.id(), "node " + node + ": " + reason));
    }

    /** YARN will take it away, and what runs there is to be moved. */
    public boolean isLeaving(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor != null && executor.goodbye().isPresent();
    }

    /** YARN's id of the node that it is on; empty if it is not known. */
    public String nodeOf(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor == null ? "" : executor.node();
    }

    /** Another executor says that this one is gone: nothing new goes there until it shows life. */
    public void suspect(ExecutorId id, long nowNanos) {
        Executor executor = executors.get(id);
        if (executor != null && executor.state() == ExecutorState.REGISTERED && !executor.isSuspect()) {
            note("Executor " + id + " is suspected to be gone.");
            executor.suspect(nowNanos);
            if (nowNanos >= standbyFromNanos) { // Suspicions that come one after the other don't put it off for ever.
                putOffStandby(nowNanos);
            }
        }
    }

    /** Its stream is open, and another executor says that it is gone. */
    public boolean isSuspect(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor != null && executor.state() == ExecutorState.REGISTERED && executor.isSuspect();
    }

    /** It is lost, or suspected to be, and YARN has yet to say why. */
    public boolean isUnexplained(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor != null && (executor.state() == ExecutorState.LOST || isSuspect(id));
    }

    /** Something new may go there. */
    public boolean isUsable(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor != null && executor.isUsable();
    }

    /** @param refusedConnections at its data port, since it started */
    public void onHeartbeat(ExecutorId id, long refusedConnections, long nowNanos) {
        Executor executor = registeredOrThrow(id);
        executor.showLife(nowNanos, SUSPICION_NANOS);
        executor.hasRefused(refusedConnections);
    }

    /** Every executor on that node is gone with it. */
    public List<LostExecutor> onNodeLost(String node, String reason) {
        if (failing.forget(node)) {
            takeBack(List.of(node), "YARN itself gives nothing there any more.");
        }
        List<LostExecutor> lost = new ArrayList<>();
        for (Executor executor : List.copyOf(executors.values())) {
            if (executor.node().equals(node)) {
                evict(executor.id(), "Node " + node + " of executor " + executor.id() + " is lost: " + reason)
                        .ifPresent(lost::add);
            }
        }
        return lost;
    }

    /** The newest checkpoint of a job as of which a standby holds state ready; 0: none does. */
    public long standbyCheckpoint(JobId job) {
        return standbys().stream()
                .mapToLong(standby -> registeredOrThrow(standby).followedTo(job))
                .reduce(0, Math::max);
    }

    public void onFollowing(ExecutorId id, Following following) {
        registeredOrThrow(id).follows(following);
    }

    /** Sends to a registered executor; one that is gone gets nothing, and its loss is told otherwise. */
    public void send(ExecutorId id, MasterMessage.Builder message) {
        Executor executor = executors.get(id);
        if (executor != null && executor.state() == ExecutorState.REGISTERED) {
            actions.accept(new MasterAction.Send(
                    id, executor.connectionOrThrow(), message.setEpoch(epoch).build()));
        }
    }

    /** As {@link #send}, but only once it is certain that no newer master is there. */
    public void sendOnceLeading(ExecutorId id, MasterMessage.Builder message) {
        Executor executor = executors.get(id);
        if (executor != null && executor.state() == ExecutorState.REGISTERED) {
            actionsOnceLeading.accept(new MasterAction.Send(
                    id, executor.connectionOrThrow(), message.setEpoch(epoch).build()));
        }
    }

    // ---- slots ---------------------------------------------------------------------------------------------------

    /** All the slots or none; none while executors of the attempt before are still awaited. */
    public Optional<List<ExecutorId>> tryReserve(JobId job, int count, List<ExecutorId> before) {
        if (recovering || closing) {
            return Optional.empty();
        }
        Map<ExecutorId, Long> readiness = new TreeMap<>();
        registered().forEach(executor -> readiness.put(executor.id(), executor.followedTo(job)));
        return slots.tryReserve(job, count, capacity(), before, readiness);
    }

    /** Executors on which nothing runs and that are kept for what may be lost; in order. */
    public List<ExecutorId> standbys() {
        return registered()
                .filter(executor -> executor.isStandby() && isIdle(executor) && executor.isUsable())
                .map(Executor::id)
                .toList();
    }

    /** It holds nothing of the job any more. */
    public void forgets(ExecutorId id, JobId job) {
        Executor executor = executors.get(id);
        if (executor != null) {
            executor.forgets(job);
        }
    }

    /** A job runs in these slots already, whoever has given them to it. */
    public void hold(JobId job, List<ExecutorId> taken) {
        slots.hold(job, taken);
    }

    public void release(JobId job) {
        slots.release(job);
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /**
     * Acts on what is overdue; answers the executors that are lost by it.
     *
     * @param isAwaitingMore jobs need executors of earlier attempts that YARN has not named: they too have the grace to
     *     register
     */
    public List<LostExecutor> expire(long nowNanos, boolean isAwaitingMore) {
        long stalled = nowNanos - checkedNanos;
        checkedNanos = nowNanos;
        if (stalled > limits.heartbeatTimeoutNanos() / 2) {
            // This process itself was held up, and the heartbeats of the meantime are still in its inbox.
            registered()
                    .forEach(executor -> executor.extendDeadline(
                            Math.max(executor.deadlineNanos(), nowNanos + limits.heartbeatIntervalNanos())));
        }
        List<LostExecutor> lost = new ArrayList<>();
        for (Executor executor : List.copyOf(executors.values())) {
            if (nowNanos >= executor.deadlineNanos()) {
                if (executor.state() == ExecutorState.STARTING) {
                    failing.onFailure(executor.node(), overdue(executor), nowNanos);
                }
                evict(executor.id(), overdue(executor)).ifPresent(lost::add);
            }
        }
        if (recovering && joined && (nowNanos >= graceEndsNanos || !(isAwaitingMore || isAwaitingPrevious()))) {
            recovering = false;
            note("Executors of earlier attempts have registered or are given up: "
                    + registered().count() + " are here.");
        }
        return lost;
    }

    /** For so long nothing that executors without a stream have done could be heard: that time is not theirs. */
    public void onHeldUp(long nanos) {
        executors.values().stream()
                .filter(executor -> executor.state() != ExecutorState.REGISTERED && executor.deadlineNanos() != NEVER)
                .forEach(executor -> executor.extendDeadline(executor.deadlineNanos() + nanos));
        graceEndsNanos += graceEndsNanos == NEVER ? 0 : nanos;
    }

    /** Jobs come back first: the start of a process would take processor time from them. */
    public void putOffStandby(long nowNanos) {
        standbyFromNanos = nowNanos + STANDBY_PAUSE_NANOS;
    }

    /** Asks YARN for what is missing, withdraws what is not, and lets go of executors that nobody needs. */
    public void balance(Demand demand, long nowNanos) {
        if (recovering || closing) {
            return;
        }
        keepReady(demand);
        learn(demand, nowNanos);
        if (requestedCount > 0 && requestedMib != memory.asked()) {
            withdraw(requestedCount);
            unansweredNanos = NEVER;
        }
        int change = missingContainers(demand) - requestedCount;
        if (change > 0 && nowNanos < standbyFromNanos) {
            change = Math.max(0, missingContainers(demand.withoutStandby()) - requestedCount);
        }
        if (change > 0
                && heldBack.isEmpty()
                && nowNanos >= (demand.slots() > 0 ? askAgainInNeedNanos : askAgainNanos)) {
            requestedMib = memory.asked();
            requestedCount += change;
            note("YARN is asked for " + change + " more containers.");
            actions.accept(new MasterAction.RequestContainers(change, requestedMib));
        } else if (change < 0) {
            withdraw(-change);
        }
        boolean isWaiting = requestedCount > 0 && missingContainers(demand.withoutStandby()) > 0;
        unansweredNanos = isWaiting ? Math.min(unansweredNanos, nowNanos) : NEVER;
        noteMissingStandby(demand, nowNanos);
        letGoOfLeaving(demand, nowNanos);
        letGoOfIdle(demand, nowNanos);
    }

    /** Takes in what YARN has answered, or has not, since the last time. */
    private void learn(Demand demand, long nowNanos) {
        memory.passTime(nowNanos);
        boolean isWished = memory.isRaised() || failing.isAnyExcluded();
        if (isWished && unansweredNanos != NEVER && heardNanos - unansweredNanos >= UNANSWERED_NANOS) {
            unansweredNanos = NEVER;
            if (memory.isRaised()) {
                memory.onNoRoom(nowNanos);
                note("YARN has given no container of " + requestedMib + " MiB for " + seconds(UNANSWERED_NANOS)
                        + ": it is asked for " + memory.asked() + " MiB again.");
            }
            takeBack(failing.takeAllBack(nowNanos), "No other node has given a container.");
        }
        if (!demand.anyJob()) {
            memory.forget();
        }
        takeBack(
                failing.takeBack(nowNanos),
                "What has failed there is long ago, or too much of the cluster is excluded.");
        boolean isFull = learnt.getExcludedNodesCount() >= MAX_EXCLUDED_KNOWN;
        List<String> worst = failing.excludeWorst(
                node -> !isFull || learnt.getExcludedNodesList().contains(node), nowNanos);
        if (!worst.isEmpty()) {
            unansweredNanos = NEVER; // The other nodes have yet to give nothing.
        }
        boolean isMemoryNew =
                memory.learnt() != learnt.getExecutorMemoryMib() || memory.ofHeap() != learnt.getHeapMemoryMib();
        if (worst.isEmpty() && !isMemoryNew) {
            return;
        }
        ClusterLearnt.Builder next = ClusterLearnt.newBuilder()
                .setExecutorMemoryMib(memory.learnt())
                .setHeapMemoryMib(memory.ofHeap())
                .addAllExcludedNodes(learnt.getExcludedNodesList());
        worst.stream()
                .filter(node -> !learnt.getExcludedNodesList().contains(node))
                .forEach(next::addExcludedNodes);
        if (!isFull && next.getExcludedNodesCount() >= MAX_EXCLUDED_KNOWN) {
            note(next.getExcludedNodesCount() + " nodes have been excluded at some time: no others will be.");
        }
        learnt = next.build();
        // A later master has to know what to take back: YARN does not tell it what this one has excluded.
        records.accept(JournalRecord.newBuilder().setClusterLearnt(learnt).build(), () -> exclude(worst));
    }

    private void exclude(List<String> nodes) {
        List<String> still = nodes.stream().filter(failing::isExcluded).toList();
        if (!still.isEmpty()) {
            still.forEach(node -> note("Node " + node + " gets no executors: " + failing.why(node)));
            actions.accept(new MasterAction.AvoidNodes(still, List.of()));
        }
    }

    private void takeBack(List<String> nodes, String reason) {
        if (!nodes.isEmpty()) {
            note("Executors may run on " + String.join(", ", nodes) + " again: " + reason);
            actions.accept(new MasterAction.AvoidNodes(List.of(), nodes));
        }
    }

    private void withdraw(int count) {
        requestedCount -= count;
        actions.accept(new MasterAction.WithdrawRequests(count));
    }

    /** @param unfit why YARN would refuse to be asked for executors, a sentence */
    public static String heldBack(String unfit) {
        return "No executors are asked for until a node that is large enough has come. " + unfit;
    }

    /** For people: what is asked of YARN that was not set, or is not asked, and why; sentences. */
    public List<String> notices(long nowNanos) {
        List<String> notices = new ArrayList<>();
        if (!heldBack.isEmpty()) {
            notices.add(heldBack(heldBack));
        }
        memory.notice().ifPresent(notices::add);
        notices.addAll(failing.notices(nowNanos));
        return notices;
    }

    /** Idle executors are kept as standbys, those that are already first. */
    private void keepReady(Demand demand) {
        List<Executor> idle = registered()
                .filter(executor -> isIdle(executor) && executor.isUsable())
                .sorted(Comparator.comparing(Executor::isStandby).reversed())
                .toList();
        int wanted = demand.jobsRun() ? limits.standby() : 0;
        registered().forEach(executor -> executor.keepReady(false));
        idle.stream().limit(wanted).forEach(executor -> executor.keepReady(true));
    }

    /** The queue may have no room for one: jobs run without it, and people should know. */
    private void noteMissingStandby(Demand demand, long nowNanos) {
        boolean isMissing = demand.jobsRun() && standbys().size() < limits.standby();
        if (!isMissing) {
            standbyMissingNanos = NEVER;
            standbyMissingNoted = false;
        } else if (standbyMissingNanos == NEVER) {
            standbyMissingNanos = nowNanos;
        } else if (!standbyMissingNoted && nowNanos - standbyMissingNanos >= limits.startNanos()) {
            standbyMissingNoted = true;
            note("No standby executor could be had for " + seconds(limits.startNanos())
                    + ": jobs run without, and the loss of an executor takes longer to recover from. Give the queue "
                    + "room for one more container, or set selvage.executor.standby to 0.");
        }
    }

    /** Tells every executor to end; containers in which none runs yet are given back. */
    public void close(String reason, long deadlineNanos) {
        if (closing) {
            return;
        }
        closing = true;
        if (requestedCount > 0) {
            withdraw(requestedCount);
        }
        for (Executor executor : List.copyOf(executors.values())) {
            if (executor.state() == ExecutorState.REGISTERED) {
                tellToLeave(executor, reason, deadlineNanos);
            } else {
                executors.remove(executor.id());
                release(executor.id(), reason);
            }
        }
    }

    /** No container is left that could still run something. */
    public boolean isEmpty() {
        return executors.isEmpty();
    }

    /** Executors of the attempt before are still awaited. */
    public boolean isRecovering() {
        return recovering;
    }

    /** Why containers don't become executors, if several in a row did not; asking starts the count anew. */
    public Optional<String> takeFailedStarts() {
        if (failedStarts < MAX_FAILED_STARTS) {
            return Optional.empty();
        }
        failedStarts = 0;
        return Optional.ofNullable(lastFailedStart);
    }

    public long nextDeadlineNanos() {
        long next = recovering ? graceEndsNanos : NEVER;
        for (long fromNanos : new long[] {askAgainNanos, askAgainInNeedNanos, standbyFromNanos}) {
            next = fromNanos > checkedNanos ? Math.min(next, fromNanos) : next;
        }
        if (!recovering && !closing) {
            next = Math.min(next, failing.nextBackNanos());
        }
        for (Executor executor : executors.values()) {
            next = Math.min(next, executor.deadlineNanos());
            if (isIdle(executor)
                    && !executor.isStandby()
                    && !recovering
                    && !closing
                    && registered().count() > limits.minimum()) {
                next = Math.min(next, executor.idleSinceNanos() + limits.idleNanos());
            }
        }
        return next;
    }

    public Collection<Executor> executors() {
        return Collections.unmodifiableCollection(executors.values());
    }

    public Executor registeredOrThrow(ExecutorId id) {
        Executor executor = executors.get(id);
        if (executor == null || executor.state() != ExecutorState.REGISTERED) {
            throw new IllegalStateException("Executor " + id + " is not registered.");
        }
        return executor;
    }

    /** YARN or the executor itself has told of it, and it is not gone. */
    public boolean isKnown(ExecutorId id) {
        return executors.containsKey(id);
    }

    public boolean isRegistered(ExecutorId id) {
        Executor executor = executors.get(id);
        return executor != null && executor.state() == ExecutorState.REGISTERED;
    }

    public int busySlots(ExecutorId id) {
        return slots.busy(id);
    }

    /** Slots that a job could have at once. */
    public int freeSlots() {
        return slots.freeCount(capacity());
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private Stream<Executor> registered() {
        return executors.values().stream().filter(executor -> executor.state() == ExecutorState.REGISTERED);
    }

    private Map<ExecutorId, Integer> capacity() {
        Map<ExecutorId, Integer> capacity = new TreeMap<>();
        registered().filter(Executor::isUsable).forEach(executor -> capacity.put(executor.id(), executor.slots()));
        return capacity;
    }

    private boolean isAwaitingPrevious() {
        return executors.values().stream().anyMatch(executor -> executor.state() == ExecutorState.RECOVERED);
    }

    /** Containers to be asked for in all, those already asked for included. */
    private int missingContainers(Demand demand) {
        if (closing || recovering) {
            return 0;
        }
        long starting = executors.values().stream()
                .filter(executor ->
                        executor.state() == ExecutorState.STARTING || executor.state() == ExecutorState.RECOVERED)
                .count();
        long forSlots = containers(demand.slots() - freeSlots() - starting * limits.slotsPerExecutor());
        long staying =
                registered().filter(executor -> executor.goodbye().isEmpty()).count();
        long forMinimum = limits.minimum() - starting - staying;
        long forStandby = demand.jobsRun() && limits.standby() > 0 ? missingStandbys(demand, starting) : 0;
        return Math.toIntExact(Math.max(0, Math.max(forStandby, Math.max(forSlots, forMinimum))));
    }

    /** What jobs wait for and does not fit beside others takes idle executors, and standbys come on top of these. */
    private long missingStandbys(Demand demand, long starting) {
        Map<ExecutorId, Integer> usable = capacity();
        long idle = usable.keySet().stream().filter(id -> slots.busy(id) == 0).count();
        int besideOthers = usable.entrySet().stream()
                .filter(each -> slots.busy(each.getKey()) > 0)
                .mapToInt(each -> Math.max(0, each.getValue() - slots.busy(each.getKey())))
                .sum();
        return containers(demand.slots() - besideOthers) + limits.standby() - idle - starting;
    }

    private long containers(long forSlots) {
        return (Math.max(0, forSlots) + limits.slotsPerExecutor() - 1) / limits.slotsPerExecutor();
    }

    private boolean isIdle(Executor executor) {
        return executor.state() == ExecutorState.REGISTERED && slots.busy(executor.id()) == 0;
    }

    private void letGoOfLeaving(Demand demand, long nowNanos) {
        for (Executor executor : List.copyOf(executors.values())) {
            if (isIdle(executor) && !demand.stopping().contains(executor.id())) {
                executor.goodbye()
                        .ifPresent(reason -> tellToLeave(executor, reason, nowNanos + limits.exitStatusNanos()));
            }
        }
    }

    private void letGoOfIdle(Demand demand, long nowNanos) {
        for (Executor executor : List.copyOf(executors.values())) {
            if (!isIdle(executor) || demand.slots() > 0 || executor.isStandby()) {
                executor.busyUntil(nowNanos);
            } else if (nowNanos >= executor.idleSinceNanos() + limits.idleNanos()
                    && registered().count() > limits.minimum()) {
                tellToLeave(executor, "No job needs it.", nowNanos + limits.exitStatusNanos());
            }
        }
    }

    private void tellToLeave(Executor executor, String reason, long deadlineNanos) {
        note("Executor " + executor.id() + " is told to end: " + reason);
        sendOnceLeading(
                executor.id(),
                MasterMessage.newBuilder().setShutdown(Shutdown.newBuilder().setReason(reason)));
        executor.become(ExecutorState.LEAVING, deadlineNanos);
    }

    private void refuse(ExecutorId id, ConnectionId connection, String reason) {
        note("Executor " + id + " is refused: " + reason);
        sendAway(id, connection, reason);
    }

    private void sendAway(ExecutorId id, ConnectionId connection, String reason) {
        actionsOnceLeading.accept(new MasterAction.Send(
                id,
                connection,
                MasterMessage.newBuilder()
                        .setEpoch(epoch)
                        .setShutdown(Shutdown.newBuilder().setReason(reason))
                        .build()));
        actionsOnceLeading.accept(new MasterAction.Disconnect(id, connection, reason));
    }

    private String overdue(Executor executor) {
        String what = "Executor " + executor.id() + (executor.host().isEmpty() ? "" : " on " + executor.host());
        return switch (executor.state()) {
            case RECOVERED ->
                what + " of an earlier attempt has not registered within " + seconds(limits.graceNanos()) + ".";
            case STARTING ->
                what + " has not registered within " + seconds(limits.startNanos()) + " of its launch; see its log.";
            case REGISTERED ->
                what + " has been silent for " + seconds(limits.heartbeatTimeoutNanos())
                        + ": its process hangs or does nothing but collect garbage, or its host can't be reached; see"
                        + " its log.";
            case LOST -> what + " is lost, and YARN has not said why.";
            case LEAVING -> what + " has not ended in time.";
        };
    }

    private void countFailedStart(Executor executor, String reason) {
        if (executor.state() == ExecutorState.STARTING) {
            failedStarts++;
            lastFailedStart = reason;
            failuresInARow++;
            if (failuresInARow > 1) {
                int doublings = failuresInARow - 2;
                askAgainNanos = checkedNanos + (FIRST_ASK_PAUSE_NANOS << Math.min(doublings, MAX_ASK_DOUBLINGS));
                askAgainInNeedNanos =
                        checkedNanos + (FIRST_ASK_PAUSE_NANOS << Math.min(doublings, MAX_ASK_DOUBLINGS_IN_NEED));
            }
        }
    }

    private void release(ExecutorId id, String reason) {
        released.add(id);
        if (released.size() > MAX_RELEASED_KNOWN) {
            released.remove(released.iterator().next());
        }
        note("Container " + id + " is given back: " + reason);
        actionsOnceLeading.accept(new MasterAction.ReleaseContainer(id, reason));
    }

    private void note(String line) {
        actions.accept(new MasterAction.Note(line));
    }

    private static String seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) / 1000.0 + " s";
    }
}
