/** The seams to the outside: sources that can be replayed, sinks that commit with checkpoints. */
@NullMarked
package io.selvage.api.connector;

import org.jspecify.annotations.NullMarked;
