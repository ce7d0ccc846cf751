package io.selvage.protocol.security;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The connections of one port whose peers have not proven themselves yet, the longest there first. Guarded by itself,
 * as several threads may serve a port.
 *
 * <p>Only so many may be there; of more, the one that has been there longest goes. So whoever holds many open and says
 * nothing takes no place from an honest peer, who needs milliseconds for its proof.
 */
public final class Newcomers<C> {
    private final int most;
    private final Set<C> waiting = new LinkedHashSet<>();

    public Newcomers(int most) {
        this.most = most;
    }

    /** Answers who has to go for it, if anyone. */
    public synchronized Optional<C> add(C connection) {
        waiting.add(connection);
        if (waiting.size() <= most) {
            return Optional.empty();
        }
        Iterator<C> eldest = waiting.iterator();
        C gone = eldest.next();
        eldest.remove();
        return Optional.of(gone);
    }

    /** It has proven itself, or is closed. False: it was not among them any more. */
    public synchronized boolean remove(C connection) {
        return waiting.remove(connection);
    }

    public synchronized int count() {
        return waiting.size();
    }
}
