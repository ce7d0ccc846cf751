package io.selvage.task.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the network thread. Lets nothing of a socket through before its peer has proven itself, and, where
 * connections are encrypted, before that stands; then gives way to the connection. Until its proof a peer has a fixed
 * array and a deadline, and nothing else; until its encryption stands, {@value #MAX_BYTES_UNTIL_ENCRYPTED} bytes and
 * the same deadline.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty hands what fails to exceptionCaught.
final class HandshakeHandler extends ChannelInboundHandlerAdapter {
    /** How long a peer has for its proof; an overloaded host takes seconds for it. */
    static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** A sound peer sends a few thousand. */
    static final int MAX_BYTES_UNTIL_ENCRYPTED = 64 << 10;

    /** How it went; exactly one of the two is called, once. */
    interface Outcome {
        /** The connection that takes the socket over. */
        Connection onAuthenticated();

        /** The socket is closed already; {@code why} continues "... failed: ". */
        void onRefused(String why);
    }

    private final HandshakeExchange exchange;
    private final @Nullable Encryption encryption;
    private final long maxNanos;
    private final Outcome outcome;
    private final byte[] message = new byte[HandshakeExchange.MAX_MESSAGE_BYTES];
    private int count; // bytes of the message that are here
    private boolean decided;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable Intake intake; // Null until both have proven themselves, and if connections are in the clear.

    /** @param encryption null: what comes after is not encrypted */
    HandshakeHandler(HandshakeExchange exchange, @Nullable Encryption encryption, long maxNanos, Outcome outcome) {
        this.exchange = exchange;
        this.encryption = encryption;
        this.maxNanos = maxNanos;
        this.outcome = outcome;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (decided) {
            return;
        }
        deadline = context.executor().schedule(() -> refuse(context, whyLate()), maxNanos, TimeUnit.NANOSECONDS);
        write(context, exchange.opening());
    }

    private String whyLate() {
        return intake != null ? "its encryption did not stand in time" : "the peer did not prove itself in time";
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object received) {
        ByteBuf in = (ByteBuf) received;
        try {
            if (intake != null) {
                throw new ProtocolViolation("data before its encryption stood");
            }
            while (!decided && intake == null && in.isReadable()) {
                read(context, in);
            }
            if (in.isReadable() && (intake != null || context.isRemoved())) {
                context.pipeline().fireChannelRead(in.retain());
            }
        } catch (ProtocolViolation violation) {
            refuse(context, "the peer sent " + violation.getMessage());
        } finally {
            in.release();
        }
    }

    private void read(ChannelHandlerContext context, ByteBuf in) throws ProtocolViolation {
        int expected = exchange.expectedBytes();
        int more = Math.min(in.readableBytes(), expected - count);
        in.readBytes(message, count, more);
        count += more;
        if (exchange.isForeign(message, count)) {
            throw new ProtocolViolation("something else than Selvage's data protocol");
        }
        if (count < expected) {
            return;
        }
        count = 0;
        write(context, exchange.onMessage(Arrays.copyOf(message, expected)));
        if (exchange.expectedBytes() == 0) {
            onProven(context);
        }
    }

    private void onProven(ChannelHandlerContext context) {
        String mismatch = exchange.mismatch();
        if (mismatch != null) {
            refuse(context, mismatch);
        } else if (encryption == null) {
            giveWay(context);
        } else {
            intake = new Intake();
            context.pipeline().addBefore(context.name(), "intake", intake);
            context.pipeline().addBefore(context.name(), "encryption", encryption.newHandler(exchange.side()));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent encrypted && !decided) {
            if (encrypted.isSuccess()) {
                giveWay(context);
            } else {
                refuse(context, whyNotEncrypted(encrypted.cause()));
            }
        }
        context.fireUserEventTriggered(event);
    }

    private static String whyNotEncrypted(Throwable failure) {
        return failure instanceof ClosedChannelException
                ? "the peer closed the connection before its encryption stood"
                : "its encryption could not be agreed upon: " + Encryption.reason(failure);
    }

    private void giveWay(ChannelHandlerContext context) {
        decide();
        if (intake != null) {
            context.pipeline().remove(intake);
        }
        context.pipeline().replace(this, "connection", outcome.onAuthenticated());
    }

    private static void write(ChannelHandlerContext context, byte[] bytes) {
        if (bytes.length > 0) {
            context.writeAndFlush(Unpooled.wrappedBuffer(bytes), context.voidPromise());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        refuse(context, Encryption.reason(failure));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        refuse(context, "the peer closed the connection before it had proven itself");
    }

    /** Refuses the peer although it may still prove itself. */
    void giveUp(String why) {
        ChannelHandlerContext here = context;
        if (here != null) {
            refuse(here, why);
        }
    }

    private void refuse(ChannelHandlerContext context, String why) {
        if (!decided) {
            decide();
            context.close();
            outcome.onRefused(why);
        }
    }

    private void decide() {
        decided = true;
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    /** Before TLS, which keeps all that comes while its work is done elsewhere. */
    private final class Intake extends ChannelInboundHandlerAdapter {
        private long count;

        @Override
        public void channelRead(ChannelHandlerContext from, Object received) {
            ByteBuf in = (ByteBuf) received;
            count += in.readableBytes();
            if (count <= MAX_BYTES_UNTIL_ENCRYPTED) {
                from.fireChannelRead(in);
            } else {
                in.release();
                giveUp("the peer sent more than " + MAX_BYTES_UNTIL_ENCRYPTED + " bytes before its encryption stood");
            }
        }
    }
}
