package io.selvage.task.network;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.selvage.protocol.security.Handshake.Side;
import io.selvage.protocol.transport.PinnedTls;
import io.selvage.task.exchange.Shown;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;

/**
 * Immutable. TLS below the frames of connections whose two ends have proven themselves already: so no stranger gets as
 * far as to have anything decrypted, and as TLS authenticates both ends once more, whoever has passed the two proofs on
 * gets no further.
 */
final class Encryption {
    /**
     * TLS says good-bye before it closes. Nobody here needs that, as frames say what has ended, and a peer that takes
     * nothing any more must not hold up that its channels fail.
     */
    private static final long MAX_CLOSE_MILLIS = 100;

    private final PinnedTls tls;
    private final Executor slow;

    /**
     * @param slow what signs and checks certificates; the network thread must not wait for it. It does make the keys of
     *     a connecting side's first message, once for each connection that it opens.
     */
    Encryption(PinnedTls tls, Executor slow) {
        this.tls = tls;
        this.slow = slow;
    }

    /** For one connection; how it went is told to the handler after it. */
    SslHandler newHandler(Side side) {
        SslHandler handler = new SslHandler(tls.newEngine(side == Side.CONNECTING), slow);
        handler.setHandshakeTimeoutMillis(0); // The deadline for the proof holds for all of it.
        handler.setCloseNotifyFlushTimeoutMillis(MAX_CLOSE_MILLIS);
        return handler;
    }

    /** What went wrong, in a few words: Netty quotes all that was sent. */
    static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof DecoderException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof NotSslRecordException ? "no TLS record" : Shown.of(String.valueOf(cause.getMessage()));
    }

    /** The peer could not go on, and has said so. The JDK tells the two apart by nothing else. */
    static boolean isOfPeer(SSLException failure) {
        return String.valueOf(failure.getMessage()).contains("Received fatal alert");
    }
}
