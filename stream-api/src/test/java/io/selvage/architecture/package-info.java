/** The rules that hold between packages and modules, for the test of each module; no rule about behaviour. */
@NullMarked
package io.selvage.architecture;

import org.jspecify.annotations.NullMarked;
