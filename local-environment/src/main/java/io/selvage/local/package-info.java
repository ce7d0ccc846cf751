/**
 * Jobs in one JVM, without a cluster: the master's core and an executor, with adapters that stay in this process. No
 * YARN, no port, and no process is started.
 */
@NullMarked
package io.selvage.local;

import org.jspecify.annotations.NullMarked;
