/**
 * The rules that hold between packages and modules, of all that is built before this module; no rule about behaviour.
 */
@NullMarked
package io.selvage.architecture;

import org.jspecify.annotations.NullMarked;
