/**
 * Carries the core's records into the journal in HDFS, one after the other, and replays them. Blocks; decides nothing.
 */
@NullMarked
package io.selvage.master.journal;

import org.jspecify.annotations.NullMarked;
