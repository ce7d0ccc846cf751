/** What the benchmarks have in common as processes with a command line; nothing of what they measure. */
@NullMarked
package io.selvage.minicluster.benchmark;

import org.jspecify.annotations.NullMarked;
