/** One subtask: its thread, mailbox, input gate with barrier alignment, and outputs. No control plane, no files. */
@NullMarked
package io.selvage.task.subtask;

import org.jspecify.annotations.NullMarked;
