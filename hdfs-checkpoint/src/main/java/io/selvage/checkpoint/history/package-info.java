/** What the records of a master's journal say together, for masters and for whoever looks at a state root. */
@NullMarked
package io.selvage.checkpoint.history;

import org.jspecify.annotations.NullMarked;
