/** Steps of a program under a test's own hands: input, event time, processing time, state. No thread, no file. */
@NullMarked
package io.selvage.local.harness;

import org.jspecify.annotations.NullMarked;
