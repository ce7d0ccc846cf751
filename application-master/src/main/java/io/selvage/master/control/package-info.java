/** The gRPC server for executors and clients: turns calls into events and actions into messages. Decides nothing. */
@NullMarked
package io.selvage.master.control;

import org.jspecify.annotations.NullMarked;
