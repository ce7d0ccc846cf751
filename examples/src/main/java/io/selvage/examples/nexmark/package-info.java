/**
 * Nexmark, a benchmark of queries over the events of an auction site: the generator, and its queries as a user would
 * write them. It knows the API and the connectors, and nothing else.
 *
 * <p>Queries 1 to 8 are those of Tucker, Tufte, Papadimos and Maier, "NEXMark - A Benchmark for Queries over Data
 * Streams" (draft, 2008); 0, 9, 11 to 14 were added by Apache Beam, and 17 to 20 by <a
 * href="https://github.com/nexmark/nexmark">github.com/nexmark/nexmark</a>, whose definitions of all of them, and whose
 * generator's proportions, are the ones followed here.
 */
@NullMarked
package io.selvage.examples.nexmark;

import org.jspecify.annotations.NullMarked;
