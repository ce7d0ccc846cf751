package io.selvage.task.network;

import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.security.Refusals;
import io.selvage.task.exchange.ChannelFailure;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** Owned by the network thread. The receiving side's connection from one executor: takes data, gives credit. */
final class IncomingConnection extends Connection {
    private final String remote;
    private final InputRegistry registry;
    private final Int2ObjectHashMap<RemoteInput> channels = new Int2ObjectHashMap<>();

    private @Nullable ExecutorId peer;
    private int lastNumber;

    IncomingConnection(
            NetworkThread thread, ExecutorId self, String remote, InputRegistry registry, Refusals refusals) {
        super(thread, self, refusals);
        this.remote = remote;
        this.registry = registry;
    }

    void attach(int number, RemoteInput channel) {
        channels.put(number, channel);
        channel.onOpened(this, number);
    }

    /** @param fillBytes buffers are to be sent at this size from now on */
    void writeCredit(int number, int bytes, int fillBytes) {
        byte[] payload = new CreditGrant(fillBytes).encode();
        write(FrameType.CREDIT, 0, number, bytes, payload, 0, payload.length);
    }

    /** Ends a channel from this side; what is still under way on it is skipped. */
    void end(int number, CloseReason reason) {
        channels.remove(number);
        writeClose(number, reason);
    }

    void closeQuietly() {
        channels.values().forEach(RemoteInput::close);
        channels.clear();
        close("this process ends");
    }

    @Override
    String peer() {
        return peer == null ? "a process at " + remote : "executor " + peer + " at " + remote;
    }

    @Override
    void onPeer(ExecutorId name) throws ProtocolViolation {
        if (peer != null) {
            throw new ProtocolViolation("its name twice");
        }
        peer = name;
    }

    @Override
    public byte @Nullable [] arrayFor(FrameHeader header) throws ProtocolViolation {
        RemoteInput channel = channels.get(header.channel());
        if (channel != null) {
            return header.type() == FrameType.DATA ? channel.arrayFor(header) : new byte[header.length()];
        }
        requireOpened(header);
        return null;
    }

    @Override
    void onChannelFrame(FrameHeader frame, byte[] payload) throws ProtocolViolation {
        switch (frame.type()) {
            case OPEN -> onOpen(frame, payload);
            case DATA -> {
                RemoteInput channel = channels.get(frame.channel());
                if (channel != null) {
                    channel.onData(frame, payload);
                }
            }
            case ANNOUNCE -> {
                RemoteInput channel = channels.get(frame.channel());
                if (channel != null) {
                    channel.onAnnounced(BarrierAhead.decodeOrThrow(payload));
                }
            }
            case CLOSE -> {
                requireOpened(frame);
                CloseReason reason = CloseReason.ofCodeOrThrow(frame.number());
                registry.onSenderClosed(this, frame.channel());
                RemoteInput channel = channels.remove(frame.channel());
                if (channel != null) {
                    onSenderClosed(channel, reason);
                }
            }
            case PEER, CREDIT -> throw new ProtocolViolation(frame.type() + " on a connection that gives credit");
        }
    }

    private void onOpen(FrameHeader frame, byte[] payload) throws ProtocolViolation {
        if (peer == null) {
            throw new ProtocolViolation("a request before its name");
        }
        if (frame.channel() != lastNumber + 1) {
            throw new ProtocolViolation("channel " + frame.channel() + " after channel " + lastNumber);
        }
        lastNumber = frame.channel();
        registry.onOpen(this, lastNumber, OpenRequest.decodeOrThrow(payload, frame.length()));
    }

    private void requireOpened(FrameHeader frame) throws ProtocolViolation {
        if (frame.channel() < 1 || frame.channel() > lastNumber) {
            throw new ProtocolViolation(frame.type() + " for channel " + frame.channel() + ", which was never opened");
        }
    }

    private void onSenderClosed(RemoteInput channel, CloseReason reason) {
        if (reason == CloseReason.RELEASED && channel.isInputEnded()) {
            channel.close();
        } else {
            String name = peer();
            channel.fail(ChannelFailure.of(Character.toUpperCase(name.charAt(0)) + name.substring(1) + " "
                    + reason.sentence() + " (channel " + channel.id() + ")."));
        }
    }

    @Override
    void onClosed(String reason, boolean isPeerLost) {
        registry.onConnectionClosed(this);
        List<RemoteInput> lost = new ArrayList<>(channels.values());
        channels.clear();
        ChannelFailure failure = new ChannelFailure(reason, isPeerLost ? peer : null);
        lost.forEach(channel -> channel.fail(failure));
    }
}
