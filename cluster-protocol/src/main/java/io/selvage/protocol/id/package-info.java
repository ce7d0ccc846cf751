/** What processes call jobs, executors, subtasks, checkpoints, incarnations and epochs. Values only. */
@NullMarked
package io.selvage.protocol.id;

import org.jspecify.annotations.NullMarked;
