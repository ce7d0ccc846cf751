/**
 * How control-plane servers and channels are built, always with mutual TLS. No messages here, and no plaintext builder.
 */
@NullMarked
package io.selvage.protocol.transport;

import org.jspecify.annotations.NullMarked;
