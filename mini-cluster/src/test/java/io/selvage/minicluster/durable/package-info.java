/** Tests of the durable store, the journal, the library store and checkpoint files on a real NameNode and DataNode. */
@NullMarked
package io.selvage.minicluster.durable;

import org.jspecify.annotations.NullMarked;
