/**
 * Where checkpoints lie and how they are written and read: segments in packed files, metadata, directories. Not what is
 * in a segment.
 */
@NullMarked
package io.selvage.checkpoint.snapshot;

import org.jspecify.annotations.NullMarked;
