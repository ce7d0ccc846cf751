package io.selvage.task.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A relay on loopback between a sender and a data port, that can be cut, keep the sender waiting, or flip a bit of what
 * it says.
 */
final class CuttableWire implements AutoCloseable {
    private final ServerSocket server;
    private final int target;
    private final CountDownLatch held;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicLong flipAt = new AtomicLong(Long.MAX_VALUE); // bytes from the sender

    /** Lets through at once. */
    CuttableWire(int target) throws IOException {
        this(target, new CountDownLatch(0));
    }

    private CuttableWire(int target, CountDownLatch held) throws IOException {
        this.target = target;
        this.held = held;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("wire", this::acceptOne);
    }

    /** Keeps a sender that has connected waiting, until {@link #letThrough}. */
    static CuttableWire held(int target) throws IOException {
        return new CuttableWire(target, new CountDownLatch(1));
    }

    void letThrough() {
        held.countDown();
    }

    int port() {
        return server.getLocalPort();
    }

    /** Flips a bit in the byte that the sender sends after so many others. */
    void flipAfter(long bytes) {
        flipAt.set(bytes);
    }

    void cut() {
        sockets.forEach(CuttableWire::closeQuietly);
    }

    private void acceptOne() {
        try {
            Socket sender = server.accept();
            held.await();
            Socket receiver = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(sender);
            sockets.add(receiver);
            start("wire-forth", () -> pump(sender, receiver, true));
            start("wire-back", () -> pump(receiver, sender, false));
        } catch (IOException closed) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(closed);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void pump(Socket from, Socket to, boolean mayFlip) {
        byte[] buffer = new byte[8192];
        long total = 0;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                long at = flipAt.get() - total;
                if (mayFlip && at >= 0 && at < count) {
                    buffer[(int) at] ^= 4;
                }
                total += count;
                out.write(buffer, 0, count);
            }
        } catch (IOException cut) {
            // The end that this relay is there for.
        } finally {
            closeQuietly(from);
            closeQuietly(to);
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
