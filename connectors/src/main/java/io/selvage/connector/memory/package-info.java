/** Sources whose elements are in the program itself, for tests and for trying things. No file, no network. */
@NullMarked
package io.selvage.connector.memory;

import org.jspecify.annotations.NullMarked;
