/** The functions that a user writes. Nothing of how they are run. */
@NullMarked
package io.selvage.api.function;

import org.jspecify.annotations.NullMarked;
