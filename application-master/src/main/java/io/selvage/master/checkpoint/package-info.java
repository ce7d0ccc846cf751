/** When checkpoints are triggered, collected, completed and given up, for one job. Pure: no I/O, clock or thread. */
@NullMarked
package io.selvage.master.checkpoint;

import org.jspecify.annotations.NullMarked;
