/** Tests of the journal's adapter, with a real journal in a local directory. */
@NullMarked
package io.selvage.master.journal;

import org.jspecify.annotations.NullMarked;
