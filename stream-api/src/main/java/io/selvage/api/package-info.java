/** Where a program starts: the environment, the streams, and how they become a job graph. */
@NullMarked
package io.selvage.api;

import org.jspecify.annotations.NullMarked;
