/** A source whose elements are in the program itself, and a sink for none, to try things. No file, no network. */
@NullMarked
package io.selvage.connector.memory;

import org.jspecify.annotations.NullMarked;
