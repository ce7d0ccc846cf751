/**
 * What checkpoints and savepoints hold, read without the user's classes: where they are, what is in them, and whether
 * all of it is there. Nothing here changes anything.
 */
@NullMarked
package io.selvage.checkpoint.content;

import org.jspecify.annotations.NullMarked;
