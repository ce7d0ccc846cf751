/** Programs as a user would write them, put into a jar by tests. */
@NullMarked
package acme;

import org.jspecify.annotations.NullMarked;
