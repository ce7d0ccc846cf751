/** How a user's program is loaded, the same way in the client and in executors. Nothing here runs it. */
@NullMarked
package io.selvage.protocol.program;

import org.jspecify.annotations.NullMarked;
