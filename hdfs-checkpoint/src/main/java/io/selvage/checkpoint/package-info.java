/** Everything durable: checkpoints, the journal, libraries and state backends; no YARN type. */
@NullMarked
package io.selvage.checkpoint;

import org.jspecify.annotations.NullMarked;
