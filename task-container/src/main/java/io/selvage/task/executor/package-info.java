/** One task executor: its deployments, their preparation, and the snapshots they upload. No sockets, no YARN. */
@NullMarked
package io.selvage.task.executor;

import org.jspecify.annotations.NullMarked;
