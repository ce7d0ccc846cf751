package io.selvage.task.network;

import io.netty.channel.ChannelHandlerContext;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.Refusals;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExecutorAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.agrona.collections.Int2ObjectHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the network thread. The sending side's connection to one executor: data goes this way, credit comes back. It
 * stands from the first channel to that executor until one of the two processes ends.
 */
final class OutgoingConnection extends Connection {
    private static final Logger LOG = LoggerFactory.getLogger(OutgoingConnection.class);

    private enum State {
        /** Name look-up, TCP, the handshake, and the peer's name; channels wait. */
        CONNECTING,
        /** The peer is the executor that was meant; channels are opened as they come. */
        ESTABLISHED,
        /** Over; every channel has been failed or closed. */
        CLOSED;

        private static final Map<State, Set<State>> MOVES = Map.of(
                CONNECTING, Set.of(ESTABLISHED, CLOSED),
                ESTABLISHED, Set.of(CLOSED),
                CLOSED, Set.of());
    }

    private final ExecutorAddress address;
    private final Consumer<OutgoingConnection> onClosed;
    private final Set<RemoteOutput> awaitingPeer = new LinkedHashSet<>(); // until it is ESTABLISHED
    private final Int2ObjectHashMap<RemoteOutput> channels = new Int2ObjectHashMap<>(); // those the peer knows of
    private final Set<RemoteOutput> awaitingWritable = new LinkedHashSet<>(); // each channel at most once

    private State state = State.CONNECTING;
    private int lastNumber;

    OutgoingConnection(
            NetworkThread thread,
            ExecutorId self,
            ExecutorAddress address,
            Refusals refusals,
            Consumer<OutgoingConnection> onClosed) {
        super(thread, self, refusals);
        this.address = address;
        this.onClosed = onClosed;
    }

    ExecutorAddress address() {
        return address;
    }

    /** Opens the channel, at once or as soon as the connection stands. */
    void open(RemoteOutput channel) {
        if (state == State.CLOSED) {
            throw new IllegalStateException("channel " + channel.id() + " for a closed connection to " + address);
        }
        if (state == State.ESTABLISHED) {
            writeOpen(channel);
        } else {
            awaitingPeer.add(channel);
        }
    }

    /** Numbers it only now: the peer refuses a gap, which one that is released while it waits would leave. */
    private void writeOpen(RemoteOutput channel) {
        int number = ++lastNumber;
        channels.put(number, channel);
        byte[] request = new OpenRequest(channel.id(), channel.bufferBytes()).encode();
        write(FrameType.OPEN, 0, number, 0, request, 0, request.length);
        channel.onOpened(this, number);
    }

    void writeData(int channel, int sequence, boolean continues, byte[] bytes, int offset, int length) {
        write(FrameType.DATA, continues ? FrameHeader.CONTINUES : 0, channel, sequence, bytes, offset, length);
    }

    /** Whatever the socket holds back already: there is one for each checkpoint. */
    void writeAnnouncement(int channel, byte[] payload) {
        write(FrameType.ANNOUNCE, 0, channel, 0, payload, 0, payload.length);
    }

    /** If the socket takes no more, the channel is told when it does again. */
    boolean isWritableOrAwait(RemoteOutput channel) {
        if (isWritable()) {
            return true;
        }
        awaitingWritable.add(channel);
        return false;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext from) {
        if (isWritable() && !awaitingWritable.isEmpty()) {
            List<RemoteOutput> now = new ArrayList<>(awaitingWritable);
            awaitingWritable.clear();
            now.forEach(RemoteOutput::onWritable);
        }
        from.fireChannelWritabilityChanged();
    }

    /** Ends the channels of that and all lower incarnations of the job, but for the edges that go on. */
    void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
        Iterator<RemoteOutput> unopened = awaitingPeer.iterator();
        while (unopened.hasNext()) {
            RemoteOutput channel = unopened.next();
            if (isOver(channel.id(), job, incarnation, goingOn)) {
                channel.close();
                unopened.remove();
            }
        }
        Iterator<Map.Entry<Integer, RemoteOutput>> each = channels.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Integer, RemoteOutput> entry = each.next();
            RemoteOutput channel = entry.getValue();
            if (isOver(channel.id(), job, incarnation, goingOn)) {
                writeClose(entry.getKey(), CloseReason.RELEASED);
                channel.close();
                awaitingWritable.remove(channel);
                each.remove();
            }
        }
    }

    private static boolean isOver(ChannelId id, JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
        return id.job().equals(job)
                && id.incarnation().compareTo(incarnation) <= 0
                && !id.incarnation().equals(goingOn.get(id.edge()));
    }

    /** Ends all channels without a word: this process closes its data plane. */
    void closeQuietly() {
        takeAll().forEach(RemoteOutput::close);
        close("this process ends");
    }

    @Override
    String peer() {
        return "executor " + address;
    }

    @Override
    void onPeer(ExecutorId peer) throws ProtocolViolation {
        if (!peer.equals(address.executor())) {
            throw new ProtocolViolation("the name of another executor, " + peer);
        }
        if (state != State.CONNECTING) {
            throw new ProtocolViolation("its name twice");
        }
        transition(State.ESTABLISHED, "handshake passed");
        awaitingPeer.forEach(this::writeOpen);
        awaitingPeer.clear();
    }

    @Override
    public byte[] arrayFor(FrameHeader header) throws ProtocolViolation {
        throw new ProtocolViolation("data on a connection that only takes credit");
    }

    @Override
    void onChannelFrame(FrameHeader frame, byte[] payload) throws ProtocolViolation {
        if (frame.channel() < 1 || frame.channel() > lastNumber || state != State.ESTABLISHED) {
            throw new ProtocolViolation(frame.type() + " for channel " + frame.channel() + ", which was never opened");
        }
        // Null: closed in the meantime from this side.
        RemoteOutput channel = channels.get(frame.channel());
        switch (frame.type()) {
            case CREDIT -> {
                CreditGrant grant = CreditGrant.decodeOrThrow(payload, frame.length());
                if (channel != null) {
                    channel.onCredit(frame.number(), grant.fillBytes());
                }
            }
            case CLOSE -> {
                CloseReason reason = CloseReason.ofCodeOrThrow(frame.number());
                if (channel != null) {
                    channels.remove(frame.channel());
                    end(channel, reason);
                }
            }
            case PEER, OPEN, DATA, ANNOUNCE ->
                throw new ProtocolViolation(frame.type() + " on a connection that only takes credit");
        }
    }

    private void end(RemoteOutput channel, CloseReason reason) {
        awaitingWritable.remove(channel);
        if (reason == CloseReason.RELEASED && channel.isInputEnded()) {
            channel.close();
        } else {
            channel.fail(ChannelFailure.of(
                    "Executor " + address + " " + reason.sentence() + " (channel " + channel.id() + ")."));
        }
    }

    /** Also called if the connection never came to stand. */
    @Override
    void onClosed(String reason, boolean isPeerLost) {
        if (state == State.CLOSED) {
            return;
        }
        transition(State.CLOSED, reason);
        onClosed.accept(this);
        ChannelFailure failure = new ChannelFailure(reason, isPeerLost ? address.executor() : null);
        takeAll().forEach(channel -> channel.fail(failure));
    }

    /** All channels, which leave the connection. */
    private List<RemoteOutput> takeAll() {
        List<RemoteOutput> all = new ArrayList<>(channels.values());
        all.addAll(awaitingPeer);
        channels.clear();
        awaitingPeer.clear();
        awaitingWritable.clear();
        return all;
    }

    private void transition(State to, String reason) {
        if (!State.MOVES.getOrDefault(state, Set.of()).contains(to)) {
            throw new IllegalStateException("the connection to " + address + " goes from " + state + " to " + to);
        }
        LOG.info(
                "Data connection to {}: {} after {} with {} channels: {}", address, to, state, channels.size(), reason);
        state = to;
    }
}
