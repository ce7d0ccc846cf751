/** What master and client say of failures, and of the ends of jobs. */
@NullMarked
package io.selvage.protocol.failure;

import org.jspecify.annotations.NullMarked;
