/** Programs to start from, as a user would write them: they know the API and the connectors, and nothing else. */
@NullMarked
package io.selvage.examples;

import org.jspecify.annotations.NullMarked;
