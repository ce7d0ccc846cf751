/** What a user's program compiles against, and the job graph that it becomes; no Hadoop, RocksDB or Netty type. */
@NullMarked
package io.selvage.api;

import org.jspecify.annotations.NullMarked;
