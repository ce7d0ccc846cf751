/** What the core wants read, written and deleted in HDFS, besides its journal. Blocks; decides nothing. */
@NullMarked
package io.selvage.master.storage;

import org.jspecify.annotations.NullMarked;
