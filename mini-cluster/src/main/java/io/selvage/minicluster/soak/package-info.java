/** The soak: a verifying job under a seeded schedule of real faults, its output compared with the oracle's. */
@NullMarked
package io.selvage.minicluster.soak;

import org.jspecify.annotations.NullMarked;
