/** Programs as a user writes them; only the public API and connectors. */
@NullMarked
package io.selvage.examples;

import org.jspecify.annotations.NullMarked;
