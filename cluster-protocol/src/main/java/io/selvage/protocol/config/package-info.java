/**
 * Configuration keys, their layers and the typed records read from them. Nothing here opens a connection or knows
 * Hadoop.
 */
@NullMarked
package io.selvage.protocol.config;

import org.jspecify.annotations.NullMarked;
