/** An embedded HDFS and YARN on loopback; nothing that a production class path needs. */
@NullMarked
package io.selvage.minicluster;

import org.jspecify.annotations.NullMarked;
