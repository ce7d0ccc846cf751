/** Puts the master together and starts it. */
@NullMarked
package io.selvage.master.main;

import org.jspecify.annotations.NullMarked;
