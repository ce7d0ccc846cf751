/** The executor's process: what it is told by its container, and how its parts are put together. */
@NullMarked
package io.selvage.task.main;

import org.jspecify.annotations.NullMarked;
