/** Talking to YARN about a session, and to the session's master. No command line here. */
@NullMarked
package io.selvage.client.connect;

import org.jspecify.annotations.NullMarked;
