/** What operators do when they run: chains, functions, state and positions. No threads, no channels, no files. */
@NullMarked
package io.selvage.task.operator;

import org.jspecify.annotations.NullMarked;
