/**
 * What client, master and executors must agree on: ids, messages, configuration records and transport; no job logic.
 */
@NullMarked
package io.selvage.protocol;

import org.jspecify.annotations.NullMarked;
