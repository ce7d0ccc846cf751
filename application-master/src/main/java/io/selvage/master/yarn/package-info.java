/** The ResourceManager and the NodeManagers: containers asked for, launched, released. Decides nothing. */
@NullMarked
package io.selvage.master.yarn;

import org.jspecify.annotations.NullMarked;
