/** Whole jobs on a whole cluster: real containers, real kills, real files, judged by the oracle. */
@NullMarked
package io.selvage.minicluster.e2e;

import org.jspecify.annotations.NullMarked;
