/** How a command ends when it does not succeed: codes and sentences. Nothing here does anything. */
@NullMarked
package io.selvage.client.exit;

import org.jspecify.annotations.NullMarked;
