/** Files of any Hadoop file system as input and as exactly-once output. Nothing of how they are run. */
@NullMarked
package io.selvage.connector.file;

import org.jspecify.annotations.NullMarked;
