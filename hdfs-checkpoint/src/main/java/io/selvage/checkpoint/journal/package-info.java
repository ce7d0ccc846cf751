/**
 * The master's log, whose slots the file system decides: epochs, records, snapshots. Payloads are opaque here; nothing
 * about jobs.
 */
@NullMarked
package io.selvage.checkpoint.journal;

import org.jspecify.annotations.NullMarked;
