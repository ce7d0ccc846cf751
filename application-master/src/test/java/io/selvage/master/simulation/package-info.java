/** The master core under a virtual clock, with seeded faults; a seed replays exactly. */
@org.jspecify.annotations.NullMarked
package io.selvage.master.simulation;
