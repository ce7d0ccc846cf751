/** The one thread that owns the core, its inbox, and who waits for answers. No Hadoop, no gRPC, no HTTP. */
@NullMarked
package io.selvage.master.loop;

import org.jspecify.annotations.NullMarked;
