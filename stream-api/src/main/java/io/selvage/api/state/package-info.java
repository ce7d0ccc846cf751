/** State that a function keeps for each key: what it is called and how it is used. Nothing of where it lies. */
@NullMarked
package io.selvage.api.state;

import org.jspecify.annotations.NullMarked;
