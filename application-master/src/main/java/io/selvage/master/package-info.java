/** The job's master: pure cores with thin adapters around them; never loads a user's class. */
@NullMarked
package io.selvage.master;

import org.jspecify.annotations.NullMarked;
