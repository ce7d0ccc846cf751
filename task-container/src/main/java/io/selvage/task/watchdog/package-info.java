/**
 * The one place of an executor that knows YARN: it asks the ResourceManager to fail the attempt of a silent master.
 * What silence is, and who asks, is decided elsewhere.
 */
@NullMarked
package io.selvage.task.watchdog;

import org.jspecify.annotations.NullMarked;
