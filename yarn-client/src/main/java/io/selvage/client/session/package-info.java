/** What the client remembers of the sessions that this user has opened. No cluster here. */
@NullMarked
package io.selvage.client.session;

import org.jspecify.annotations.NullMarked;
