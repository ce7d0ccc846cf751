/** Measurements of hot paths and whole jobs; nothing else depends on them. */
@NullMarked
package io.selvage.benchmarks;

import org.jspecify.annotations.NullMarked;
