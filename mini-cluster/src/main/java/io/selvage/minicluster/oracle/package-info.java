/**
 * What the example's result must be, computed the plain way. Knows nothing of Selvage or Hadoop, and a test sees to it.
 */
@NullMarked
package io.selvage.minicluster.oracle;

import org.jspecify.annotations.NullMarked;
