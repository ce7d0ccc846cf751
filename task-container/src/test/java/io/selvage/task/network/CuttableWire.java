package io.selvage.task.network;

import io.selvage.protocol.security.Handshake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A relay on loopback between senders and a data port, that can be cut, keep a sender waiting, flip a bit of what it
 * says, and be listened at. Of TLS behind the proof it flips nothing in the headers of records, of which a bit may mean
 * nothing, or have the receiver wait for more.
 */
public final class CuttableWire implements AutoCloseable {
    private static final int PROOF_BYTES = HandshakeExchange.MAX_MESSAGE_BYTES + Handshake.RESPONSE_BYTES;
    private static final int TLS_HEADER_BYTES = 5;

    private final ServerSocket server;
    private final int target;
    private final boolean isEncrypted;
    private final CountDownLatch held;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicLong flipAt = new AtomicLong(Long.MAX_VALUE); // bytes from the sender
    private final AtomicBoolean flipsNext = new AtomicBoolean();
    private final AtomicInteger flipped = new AtomicInteger();
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream(); // guarded by itself; both ways

    /** Lets through at once. */
    public CuttableWire(int target, boolean isEncrypted) throws IOException {
        this(target, isEncrypted, new CountDownLatch(0));
    }

    private CuttableWire(int target, boolean isEncrypted, CountDownLatch held) throws IOException {
        this.target = target;
        this.isEncrypted = isEncrypted;
        this.held = held;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("wire", this::accept);
    }

    /** Keeps a sender that has connected waiting, until {@link #letThrough}. */
    static CuttableWire held(int target, boolean isEncrypted) throws IOException {
        return new CuttableWire(target, isEncrypted, new CountDownLatch(1));
    }

    void letThrough() {
        held.countDown();
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Flips a bit in the byte that the sender sends after so many others, or in the next that may be, once. */
    void flipAfter(long bytes) {
        flipAt.set(bytes);
    }

    /** Flips a bit in the middle of what a sender says next. */
    public void flipNext() {
        flipsNext.set(true);
    }

    /** How many bits were flipped by {@link #flipNext}. */
    public int flipped() {
        return flipped.get();
    }

    /** All that has been said, in both directions, one character for each byte. */
    public String heard() {
        synchronized (heard) {
            return heard.toString(StandardCharsets.ISO_8859_1);
        }
    }

    void cut() {
        sockets.forEach(CuttableWire::closeQuietly);
    }

    private void accept() {
        try {
            while (true) {
                Socket sender = server.accept();
                sockets.add(sender);
                held.await();
                relay(sender);
            }
        } catch (IOException closed) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(closed);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void relay(Socket sender) {
        try {
            Socket receiver = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(receiver);
            start("wire-forth", () -> pump(sender, receiver, true));
            start("wire-back", () -> pump(receiver, sender, false));
        } catch (IOException nobodyThere) {
            closeQuietly(sender);
        }
    }

    private void pump(Socket from, Socket to, boolean mayFlip) {
        byte[] buffer = new byte[8192];
        Damage damage = new Damage();
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (mayFlip) {
                    damage.pass(buffer, count);
                }
                synchronized (heard) {
                    heard.write(buffer, 0, count);
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException cut) {
            // The end that this relay is there for.
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    /** What one sender says, up to now. */
    private final class Damage {
        private long total;
        private int left = PROOF_BYTES; // before the next header
        private int inHeader; // bytes of it that are past
        private int highLength; // of the length in it, the first byte

        void pass(byte[] buffer, int count) {
            for (int i = 0; i < count; i++) {
                boolean mayFlip = !isEncrypted || !isHeader(buffer[i]);
                long at = flipAt.get();
                if (mayFlip && total >= at && flipAt.compareAndSet(at, Long.MAX_VALUE)) {
                    buffer[i] ^= 4;
                }
                if (mayFlip && i >= count / 2 && flipsNext.get() && flipsNext.compareAndSet(true, false)) {
                    flipped.incrementAndGet();
                    buffer[i] ^= 4;
                }
                total++;
            }
        }

        private boolean isHeader(byte next) {
            if (left > 0) {
                left--;
                return false;
            }
            inHeader++;
            if (inHeader == TLS_HEADER_BYTES - 1) {
                highLength = (next & 0xff) << 8;
            } else if (inHeader == TLS_HEADER_BYTES) {
                left = highLength | next & 0xff;
                inHeader = 0;
            }
            return true;
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        letThrough();
        cut();
    }
}
