/** The job graph, which a program becomes: plain values, with the user's code inside as opaque bytes. */
@NullMarked
package io.selvage.api.graph;

import org.jspecify.annotations.NullMarked;
