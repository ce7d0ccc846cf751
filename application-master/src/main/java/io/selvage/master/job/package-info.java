/** The pure core: what jobs do next. It takes events and the time, and answers with actions. */
@NullMarked
package io.selvage.master.job;

import org.jspecify.annotations.NullMarked;
