/**
 * What master and executors have in common as processes in containers: how they are launched, what their start took,
 * and the archive of classes that makes it short. No messages here, and nothing of what they do.
 */
@NullMarked
package io.selvage.protocol.process;

import org.jspecify.annotations.NullMarked;
