/** Measures what a person waits for: a session that opens, and the first output of a job that is submitted. */
@NullMarked
package io.selvage.minicluster.opening;

import org.jspecify.annotations.NullMarked;
