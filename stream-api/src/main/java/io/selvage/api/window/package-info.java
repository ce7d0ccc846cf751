/** Windows: which there are, and when they fire. Nothing of how their contents are kept. */
@NullMarked
package io.selvage.api.window;

import org.jspecify.annotations.NullMarked;
