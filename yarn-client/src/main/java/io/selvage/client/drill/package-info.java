/** Faults on a session of one's own, and how they were felt. Asks the session and YARN; touches no process itself. */
@NullMarked
package io.selvage.client.drill;

import org.jspecify.annotations.NullMarked;
