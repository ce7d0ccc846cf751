package io.selvage.local;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import java.util.Map;

/** The transport of an executor that runs all subtasks itself: there is nobody to send anything to. */
enum NoPeers implements ExchangeTransport {
    INSTANCE;

    @Override
    public int dataPort() {
        return 0;
    }

    @Override
    public long refused() {
        return 0;
    }

    @Override
    public OutputChannel openOutput(
            ChannelDefinition definition, ExecutorAddress receiver, Wakeup wakeup, ChannelFailureListener failures) {
        throw new IllegalStateException(
                definition + " leads to " + receiver + ", and all of a local environment is in one executor");
    }

    @Override
    public InputChannel registerInput(ChannelDefinition definition, Wakeup wakeup, ChannelFailureListener failures) {
        throw new IllegalStateException(
                definition + " comes from elsewhere, and all of a local environment is in one executor");
    }

    @Override
    public void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {}

    @Override
    public void close() {}
}
