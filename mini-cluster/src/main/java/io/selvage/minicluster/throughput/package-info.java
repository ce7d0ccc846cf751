/** Measures what a job does in a second, what it costs, and how late its output is. */
@NullMarked
package io.selvage.minicluster.throughput;

import org.jspecify.annotations.NullMarked;
