/** The command line: options, texts, progress and JSON. What a command does lies in the packages beside it. */
@NullMarked
package io.selvage.client.cli;

import org.jspecify.annotations.NullMarked;
