/**
 * The content-addressed store of jars and other files that containers are given; no YARN resources, no class loading.
 */
@NullMarked
package io.selvage.checkpoint.library;

import org.jspecify.annotations.NullMarked;
