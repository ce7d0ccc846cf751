package io.selvage.task.network;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Owned by the network thread. Brings together the channels that subtasks have registered here and those that senders
 * have opened, in whichever order they come.
 */
final class InputRegistry {
    /** Senders that may wait for their subtask at once. */
    static final int MAX_WAITING = 16_384;
    /** How long a sender may wait: a slow start of a JVM and a slow restore included. */
    static final long MAX_WAIT_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Waiting(IncomingConnection connection, int number, int bufferBytes, long deadlineNanos) {}

    private final NetworkThread thread;
    private final int maxWaiting;
    private final long maxWaitNanos;
    private final Incarnations incarnations = new Incarnations();
    private final Map<ChannelId, RemoteInput> registered = new HashMap<>();
    private final Map<ChannelId, Waiting> waiting = new LinkedHashMap<>(); // in the order of their deadlines
    private final Set<IncomingConnection> connections = new LinkedHashSet<>();
    private boolean sweeping;

    InputRegistry(NetworkThread thread, int maxWaiting, long maxWaitNanos) {
        this.thread = thread;
        this.maxWaiting = maxWaiting;
        this.maxWaitNanos = maxWaitNanos;
    }

    /** An end of that channel starts here; older ones are refused from now on. False: it is itself too old. */
    boolean tryStart(ChannelId channel) {
        if (isStale(channel)) {
            return false;
        }
        if (incarnations.onStarted(channel.job(), channel.incarnation())) {
            refuseStale(channel.job());
        }
        return true;
    }

    private boolean isStale(ChannelId channel) {
        return incarnations.isStale(channel.job(), channel.edge(), channel.incarnation());
    }

    void register(RemoteInput channel) {
        ChannelId id = channel.id();
        if (!tryStart(id)) {
            channel.fail(
                    ChannelFailure.of("Channel " + id + " was registered although its incarnation has ended here."));
            return;
        }
        if (registered.putIfAbsent(id, channel) != null) {
            channel.fail(ChannelFailure.of("Channel " + id + " was registered twice."));
            return;
        }
        Waiting sender = waiting.remove(id);
        if (sender != null) {
            open(sender.connection(), sender.number(), sender.bufferBytes(), channel);
        }
    }

    void onOpen(IncomingConnection from, int number, OpenRequest request) {
        ChannelId id = request.channel();
        RemoteInput channel = registered.get(id);
        if (isStale(id)) {
            from.end(number, CloseReason.STALE_INCARNATION);
        } else if (waiting.containsKey(id) || (channel != null && channel.wasOpened())) {
            from.end(number, CloseReason.DUPLICATE);
        } else if (channel != null) {
            open(from, number, request.bufferBytes(), channel);
        } else if (waiting.size() >= maxWaiting) {
            from.end(number, CloseReason.TOO_MANY_WAITING);
        } else {
            waiting.put(id, new Waiting(from, number, request.bufferBytes(), System.nanoTime() + maxWaitNanos));
            sweepLater();
        }
    }

    private static void open(IncomingConnection from, int number, int bufferBytes, RemoteInput channel) {
        if (bufferBytes != channel.bufferBytes()) {
            from.end(number, CloseReason.DIFFERENT_BUFFERS);
            channel.fail(ChannelFailure.of("The sender of channel " + channel.id() + " has buffers of " + bufferBytes
                    + " bytes, its receiver of " + channel.bufferBytes() + "."));
            return;
        }
        from.attach(number, channel);
    }

    /** Ends the channels of that and all lower incarnations of the job, but for the edges that go on. */
    void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
        incarnations.onReleased(job, incarnation, goingOn);
        refuseStale(job);
        Iterator<RemoteInput> each = registered.values().iterator();
        while (each.hasNext()) {
            RemoteInput channel = each.next();
            if (channel.id().job().equals(job) && isStale(channel.id())) {
                IncomingConnection from = channel.connection();
                if (from != null) {
                    from.end(channel.number(), CloseReason.RELEASED);
                }
                channel.close();
                each.remove();
            }
        }
    }

    private void refuseStale(JobId job) {
        Iterator<Map.Entry<ChannelId, Waiting>> each = waiting.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<ChannelId, Waiting> entry = each.next();
            ChannelId id = entry.getKey();
            if (id.job().equals(job) && isStale(id)) {
                each.remove();
                entry.getValue().connection().end(entry.getValue().number(), CloseReason.STALE_INCARNATION);
            }
        }
    }

    void onConnected(IncomingConnection connection) {
        connections.add(connection);
    }

    void onConnectionClosed(IncomingConnection connection) {
        connections.remove(connection);
        waiting.values().removeIf(sender -> sender.connection() == connection);
    }

    /** A sender that waits may give up. */
    void onSenderClosed(IncomingConnection connection, int number) {
        waiting.values().removeIf(sender -> sender.connection() == connection && sender.number() == number);
    }

    void closeQuietly() {
        new ArrayList<>(connections).forEach(IncomingConnection::closeQuietly);
        registered.values().forEach(RemoteInput::close);
        registered.clear();
        waiting.clear();
    }

    private void sweepLater() {
        if (!sweeping) {
            sweeping = true;
            thread.postLater(this::sweep, Math.min(SWEEP_NANOS, maxWaitNanos));
        }
    }

    private void sweep() {
        sweeping = false;
        long now = System.nanoTime();
        List<Waiting> late = new ArrayList<>();
        waiting.values().removeIf(sender -> sender.deadlineNanos() - now <= 0 && late.add(sender));
        late.forEach(sender -> sender.connection().end(sender.number(), CloseReason.NOT_REGISTERED));
        if (!waiting.isEmpty()) {
            sweepLater();
        }
    }
}
