/** Windows of event time. */
@NullMarked
package io.selvage.api.window;

import org.jspecify.annotations.NullMarked;
