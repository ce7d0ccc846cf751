@NullMarked
package io.selvage.master.token;

import org.jspecify.annotations.NullMarked;
