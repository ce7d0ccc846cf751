package io.selvage.minicluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of the loopback address for daemons that have to be told theirs before they bind it. */
final class LoopbackPorts {

    static final String ADDRESS = "127.0.0.1";

    // Below those that Linux gives to whoever asks for any port, from 32768 on.
    private static final int LOWEST_FOR_LATER = 15_000;
    private static final int BEYOND_FOR_LATER = 32_000;
    private static final int MOST_TRIES = 100;

    /** By this process, which may not have bound them yet. */
    private static final Set<Integer> GIVEN_FOR_LATER = ConcurrentHashMap.newKeySet();

    private LoopbackPorts() {}

    /** To be bound at once. */
    static int free() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No port of the loopback address can be had.", e);
        }
    }

    /**
     * To be bound minutes from now, or again and again: no process is given it that has not asked for this very one.
     */
    static int freeForLater() {
        for (int tried = 0; tried < MOST_TRIES; tried++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_FOR_LATER, BEYOND_FOR_LATER);
            if (!GIVEN_FOR_LATER.add(port)) {
                continue;
            }
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (BindException taken) {
                continue; // Another one is tried.
            } catch (IOException e) {
                throw new UncheckedIOException("The port " + port + " of the loopback address can't be tried.", e);
            }
        }
        throw new IllegalStateException("Of " + MOST_TRIES + " ports of the loopback address none is free.");
    }
}
