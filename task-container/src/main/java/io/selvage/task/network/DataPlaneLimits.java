package io.selvage.task.network;

/**
 * What strangers and early peers may occupy. Tests make it small.
 *
 * @param maxUnauthenticated sockets at once whose peers have not proven themselves
 * @param maxHandshakeNanos how long a peer has for its proof
 * @param maxWaiting channels at once that wait for their subtask to be registered
 * @param maxWaitNanos how long each may
 */
record DataPlaneLimits(int maxUnauthenticated, long maxHandshakeNanos, int maxWaiting, long maxWaitNanos) {
    static final DataPlaneLimits DEFAULT = new DataPlaneLimits(
            DataPlane.MAX_UNAUTHENTICATED,
            HandshakeHandler.MAX_NANOS,
            InputRegistry.MAX_WAITING,
            InputRegistry.MAX_WAIT_NANOS);
}
