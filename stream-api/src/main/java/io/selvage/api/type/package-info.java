/** How values become bytes: serdes, and what can be read off a user's types. Nothing of streams. */
@NullMarked
package io.selvage.api.type;

import org.jspecify.annotations.NullMarked;
