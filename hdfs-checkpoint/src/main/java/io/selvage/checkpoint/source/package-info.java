/** State of checkpoints and savepoints as the input of a job. For users: nothing else here is theirs to depend on. */
@NullMarked
package io.selvage.checkpoint.source;

import org.jspecify.annotations.NullMarked;
