/**
 * What proves that a process belongs to an application, and what becomes of those that can't. No sockets here: those
 * are the transports'.
 */
@NullMarked
package io.selvage.protocol.security;

import org.jspecify.annotations.NullMarked;
