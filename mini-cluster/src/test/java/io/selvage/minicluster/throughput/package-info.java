@NullMarked
package io.selvage.minicluster.throughput;

import org.jspecify.annotations.NullMarked;
