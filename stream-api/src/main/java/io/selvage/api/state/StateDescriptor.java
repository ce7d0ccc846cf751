package io.selvage.api.state;

import java.io.Serializable;

/** Name and format of a state; the name is unique in its operator and is what a checkpoint knows it by. */
public sealed interface StateDescriptor extends Serializable
        permits ValueStateDescriptor, ListStateDescriptor, MapStateDescriptor {
    String name();

    /** The format of the state, compared at restore. */
    String schema();
}
