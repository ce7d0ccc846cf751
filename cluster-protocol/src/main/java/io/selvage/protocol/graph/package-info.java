/** The job graph's form in HDFS. Operators stay opaque. */
@NullMarked
package io.selvage.protocol.graph;

import org.jspecify.annotations.NullMarked;
