/**
 * The data plane between processes: connections, credit and buffers on the one network thread. No user code runs on
 * that thread, and nothing here knows operators, the master or storage.
 */
@NullMarked
package io.selvage.task.network;

import org.jspecify.annotations.NullMarked;
