/** What proves that a process belongs to an application. No sockets here: those are the transport's. */
@NullMarked
package io.selvage.protocol.security;

import org.jspecify.annotations.NullMarked;
