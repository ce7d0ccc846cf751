/** The job that throughput and latency are measured with; runs in executors, from a jar of its own. */
@NullMarked
package io.selvage.minicluster.throughput.program;

import org.jspecify.annotations.NullMarked;
