/** The connectors on a real HDFS. */
@NullMarked
package io.selvage.minicluster.connector;

import org.jspecify.annotations.NullMarked;
