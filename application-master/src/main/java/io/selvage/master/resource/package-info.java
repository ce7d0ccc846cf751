/** Containers, the executors in them, and their slots: what to ask YARN for, and who runs what. Pure. */
@NullMarked
package io.selvage.master.resource;

import org.jspecify.annotations.NullMarked;
