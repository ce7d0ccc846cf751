/** The command line and the programmatic client; imports neither the master nor the executor. */
@NullMarked
package io.selvage.client;

import org.jspecify.annotations.NullMarked;
