/** End-to-end tests of the commands: real processes of client, master and executors. */
@NullMarked
package io.selvage.minicluster.session;

import org.jspecify.annotations.NullMarked;
