/** A user's program: its jar, its main, and the job graph that comes of them. No cluster here. */
@NullMarked
package io.selvage.client.program;

import org.jspecify.annotations.NullMarked;
