/** What the threads of a process do, for people: named so that they can be asked for, and shown in bounds. */
@NullMarked
package io.selvage.protocol.threads;

import org.jspecify.annotations.NullMarked;
