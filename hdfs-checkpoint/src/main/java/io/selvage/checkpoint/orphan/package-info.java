/** What lies in a state root and nothing that is retained can reach: finding it, and deleting it on demand. */
@NullMarked
package io.selvage.checkpoint.orphan;

import org.jspecify.annotations.NullMarked;
