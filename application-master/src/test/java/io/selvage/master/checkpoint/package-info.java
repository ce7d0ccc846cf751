@org.jspecify.annotations.NullMarked
package io.selvage.master.checkpoint;
