/**
 * What the master's core is told and what it answers: events in, actions out. Immutable values only; messages of the
 * wire and of the journal are used as they are. No Hadoop, no gRPC service, no thread.
 */
@NullMarked
package io.selvage.master.event;

import org.jspecify.annotations.NullMarked;
