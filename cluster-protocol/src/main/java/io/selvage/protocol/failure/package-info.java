/** What master and client say of failures. */
@NullMarked
package io.selvage.protocol.failure;

import org.jspecify.annotations.NullMarked;
