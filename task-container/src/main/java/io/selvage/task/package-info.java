/** The task executor: subtasks, operators, network and barriers; no YARN type and no master logic. */
@NullMarked
package io.selvage.task;

import org.jspecify.annotations.NullMarked;
