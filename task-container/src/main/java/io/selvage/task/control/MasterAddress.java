package io.selvage.task.control;

import io.selvage.protocol.id.Epoch;

/** Where the master of an epoch takes control connections. */
record MasterAddress(Epoch epoch, String host, int port) {
    @Override
    public String toString() {
        return "the master of epoch " + epoch + " at " + host + ":" + port;
    }
}
