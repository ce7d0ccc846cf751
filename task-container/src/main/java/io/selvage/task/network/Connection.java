package io.selvage.task.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.security.Refusals;
import io.selvage.task.exchange.Shown;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the network thread. Frames over one socket whose peer has proven itself; what they mean is for the two ends.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty hands what fails to exceptionCaught.
abstract sealed class Connection extends ChannelInboundHandlerAdapter implements FrameReader.Sink
        permits OutgoingConnection, IncomingConnection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final byte[] NOTHING = new byte[0];
    private static final int MAX_NAME_BYTES = 256;

    private final NetworkThread thread;
    private final ExecutorId self;
    private final Refusals refusals;
    private final FrameReader reader = new FrameReader(this);
    private final FrameHeader header = new FrameHeader();
    private final Runnable flush = this::flush;
    private final ChannelFutureListener encryptedWrite = this::onEncryptedWrite;

    private @Nullable ChannelHandlerContext context;
    private boolean isEncrypted;
    private boolean flushPosted;
    private boolean closing;
    private @Nullable String cause; // why the socket was closed, if this side knows
    private boolean closedHere; // on purpose, and not because the socket broke

    Connection(NetworkThread thread, ExecutorId self, Refusals refusals) {
        this.thread = thread;
        this.self = self;
        this.refusals = refusals;
    }

    /** "executor x at host:port", as far as it is known. */
    abstract String peer();

    /** The peer has said who it is, first of all. */
    abstract void onPeer(ExecutorId peer) throws ProtocolViolation;

    /** A frame that is not PEER. */
    abstract void onChannelFrame(FrameHeader frame, byte[] payload) throws ProtocolViolation;

    /**
     * The socket is closed; called once.
     *
     * @param reason a whole sentence
     * @param isPeerLost it was not closed from this side: the peer's process or host is gone
     */
    abstract void onClosed(String reason, boolean isPeerLost);

    @Override
    public final void handlerAdded(ChannelHandlerContext added) {
        context = added;
        isEncrypted = added.pipeline().get(SslHandler.class) != null;
        byte[] name = self.value().getBytes(StandardCharsets.UTF_8);
        write(FrameType.PEER, 0, 0, 0, name, 0, name.length);
    }

    @Override
    public final void channelRead(ChannelHandlerContext from, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!closing) {
                reader.read(in);
            }
        } catch (ProtocolViolation violation) {
            refuse(String.valueOf(violation.getMessage()));
        } finally {
            in.release();
        }
    }

    private void refuse(String sent) {
        LOG.error("Closing the data connection with {}: it sent {}.", peer(), sent);
        refusals.count(peer(), "it sent " + sent);
        close("it was closed here, because the peer sent " + sent);
    }

    @Override
    public final void onFrame(FrameHeader frame, byte[] payload) throws ProtocolViolation {
        if (frame.type() == FrameType.PEER) {
            onPeer(peerOrThrow(payload, frame.length()));
        } else {
            onChannelFrame(frame, payload);
        }
    }

    private static ExecutorId peerOrThrow(byte[] payload, int length) throws ProtocolViolation {
        String name = new String(payload, 0, length, StandardCharsets.UTF_8);
        if (length > MAX_NAME_BYTES || name.isBlank()) {
            throw new ProtocolViolation("a name of " + length + " bytes");
        }
        return new ExecutorId(name);
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext from, Throwable failure) {
        if (closing || failure instanceof ClosedChannelException) {
            LOG.debug("As the data connection with {} closes:", peer(), failure);
        } else if (failure instanceof DecoderException && failure.getCause() instanceof SSLException undecipherable) {
            onUndecipherable(undecipherable);
        } else if (failure instanceof IOException && !(failure instanceof SSLException)) {
            LOG.debug("The data connection with {} broke.", peer(), failure);
            closeFor(String.valueOf(failure.getMessage()));
        } else {
            fail(failure);
        }
    }

    private void onUndecipherable(SSLException failure) {
        if (Encryption.isOfPeer(failure)) {
            LOG.error(
                    "Closing the data connection with {}: it refused what it got: {}.",
                    peer(),
                    Encryption.reason(failure));
            close("the peer refused what it got: " + Encryption.reason(failure));
        } else {
            refuse("what can't be decrypted: " + Encryption.reason(failure));
        }
    }

    /**
     * Nobody would miss the frame before the next one comes. Posted, as what ends a connection is told after what it
     * leaves unsent.
     */
    private void onEncryptedWrite(ChannelFuture written) {
        ChannelHandlerContext from = context;
        if (!written.isSuccess() && !closing && from != null) {
            thread.post(() -> exceptionCaught(from, written.cause()));
        }
    }

    /** Closes the connection because this side can't go on with it. */
    final void fail(Throwable failure) {
        LOG.error("Closing the data connection with {} after an unexpected failure.", peer(), failure);
        close("it was closed here after " + Shown.of(failure));
    }

    @Override
    public final void channelInactive(ChannelHandlerContext from) {
        closing = true;
        String why = cause == null ? "the peer closed it" : cause;
        onClosed("The data connection with " + peer() + " was lost: " + why + ".", !closedHere);
    }

    /** @param why continues "the connection was lost: ..." */
    final void close(String why) {
        closedHere = true;
        closeFor(why);
    }

    private void closeFor(String why) {
        closing = true;
        if (cause == null) {
            cause = why;
        }
        if (context != null) {
            context.close();
        }
    }

    final boolean isWritable() {
        return context != null && context.channel().isWritable();
    }

    final void writeClose(int channel, CloseReason reason) {
        write(FrameType.CLOSE, 0, channel, reason.code(), NOTHING, 0, 0);
    }

    final void write(FrameType type, int flags, int channel, int number, byte[] payload, int offset, int length) {
        thread.requireCurrent();
        ChannelHandlerContext to = context;
        if (to == null || closing) {
            return;
        }
        header.encode(type, flags, channel, number, payload, offset, length);
        ByteBuf frame = to.alloc().directBuffer(FrameHeader.BYTES + length);
        frame.writeBytes(header.bytes()).writeBytes(payload, offset, length);
        to.write(frame, isEncrypted ? to.newPromise().addListener(encryptedWrite) : to.voidPromise());
        if (!flushPosted) {
            flushPosted = true;
            thread.post(flush);
        }
    }

    /** After what else the thread has to do now, so that the frames of several channels share a system call. */
    private void flush() {
        flushPosted = false;
        if (context != null) {
            context.flush();
        }
    }
}
