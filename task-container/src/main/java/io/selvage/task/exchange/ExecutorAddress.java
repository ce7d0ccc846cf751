package io.selvage.task.exchange;

import io.selvage.protocol.id.ExecutorId;

/** Where an executor takes data connections. */
public record ExecutorAddress(ExecutorId executor, String host, int dataPort) {
    @Override
    public String toString() {
        return executor + " at " + host + ":" + dataPort;
    }
}
