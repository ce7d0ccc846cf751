package io.selvage.master.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/** Owned by the simulation: whether a simulated process does what it is about to do: now, later, or never. */
final class SimulatedProcess {
    private final Simulation simulation;
    private final Deque<Runnable> held = new ArrayDeque<>();
    private boolean dead;
    private int freezes;

    SimulatedProcess(Simulation simulation) {
        this.simulation = simulation;
    }

    void run(Runnable action) {
        if (dead) {
            return;
        }
        if (isFrozen()) {
            held.add(action);
        } else {
            action.run();
        }
    }

    /** Holds it up for so long. */
    void freeze(long millis) {
        freezes++;
        simulation.plan(millis, () -> {
            freezes--;
            while (!isFrozen() && !dead && !held.isEmpty()) {
                held.removeFirst().run();
            }
        });
    }

    void die() {
        dead = true;
        held.clear();
    }

    boolean lives() {
        return !dead;
    }

    boolean isFrozen() {
        return freezes > 0;
    }
}
