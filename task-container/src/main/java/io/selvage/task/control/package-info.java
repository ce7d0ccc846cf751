/** The executor's end of the control plane: finding the master in the journal, and the stream to it. No job logic. */
@NullMarked
package io.selvage.task.control;

import org.jspecify.annotations.NullMarked;
