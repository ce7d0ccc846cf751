/** Programs as a user would write them, put into jars by tests. */
@NullMarked
package acme;

import org.jspecify.annotations.NullMarked;
