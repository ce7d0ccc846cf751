/** Event time: timestamps and watermarks. */
@NullMarked
package io.selvage.api.time;

import org.jspecify.annotations.NullMarked;
