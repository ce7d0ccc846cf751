/**
 * A program whose output tells whether anything was lost, repeated or late; the recovery benchmark and the soak run it.
 * A user of Selvage like any other: nothing of the cluster, the client or the engine.
 */
@NullMarked
package io.selvage.minicluster.workload;

import org.jspecify.annotations.NullMarked;
