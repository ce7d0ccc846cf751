/** How elements get from one subtask's thread to another's: the seam, and the ring inside one process. No sockets. */
@NullMarked
package io.selvage.task.exchange;

import org.jspecify.annotations.NullMarked;
