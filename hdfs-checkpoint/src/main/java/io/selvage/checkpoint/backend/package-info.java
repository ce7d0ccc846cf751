/** State by key and by subtask, timers, and their bytes in a checkpoint; where those bytes lie is not known here. */
@NullMarked
package io.selvage.checkpoint.backend;

import org.jspecify.annotations.NullMarked;
