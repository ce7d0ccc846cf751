/**
 * Tokens on a cluster with Kerberos: when they are obtained, and how long they hold. Knows neither YARN nor transport.
 */
@NullMarked
package io.selvage.master.token;

import org.jspecify.annotations.NullMarked;
