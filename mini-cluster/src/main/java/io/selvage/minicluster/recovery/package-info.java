/**
 * The recovery benchmark: a cluster and a session of its own, a job with much state, faults, and how long each is felt.
 * Nothing of the engine: what is measured is what a user can see.
 */
@NullMarked
package io.selvage.minicluster.recovery;

import org.jspecify.annotations.NullMarked;
