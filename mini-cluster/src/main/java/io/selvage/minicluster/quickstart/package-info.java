/**
 * The first thing that a newcomer runs: an example on the mini-cluster, with its processes killed and its result
 * verified.
 */
@NullMarked
package io.selvage.minicluster.quickstart;

import org.jspecify.annotations.NullMarked;
