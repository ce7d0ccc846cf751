/** Sources and sinks that touch the outside world; nothing of the engine. */
@NullMarked
package io.selvage.connector;

import org.jspecify.annotations.NullMarked;
