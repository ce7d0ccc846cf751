/** Digests by which content is known, the same in every process; nothing of what they are used for. */
@NullMarked
package io.selvage.protocol.digest;

import org.jspecify.annotations.NullMarked;
