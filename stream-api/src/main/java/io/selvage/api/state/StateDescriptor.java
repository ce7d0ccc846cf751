package io.selvage.api.state;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** Name and format of a state; the name is unique in its operator and is what a checkpoint knows it by. */
public sealed interface StateDescriptor extends Serializable
        permits ValueStateDescriptor,
                ListStateDescriptor,
                MapStateDescriptor,
                ReducingStateDescriptor,
                AggregatingStateDescriptor {
    String name();

    /** Null: what it has stays until it is cleared. */
    @Nullable
    TimeToLive timeToLive();

    /** The same state, whose contents expire. */
    StateDescriptor withTimeToLive(TimeToLive timeToLive);
}
