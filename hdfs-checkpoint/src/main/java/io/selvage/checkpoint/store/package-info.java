/**
 * The one door to the distributed file system: no-replace writes, synced files, and their outcomes; no journal, library
 * or checkpoint knowledge.
 */
@NullMarked
package io.selvage.checkpoint.store;

import org.jspecify.annotations.NullMarked;
