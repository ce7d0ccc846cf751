@NullMarked
package io.selvage.minicluster.opening;

import org.jspecify.annotations.NullMarked;
