/** The status page and its JSON. Read-only; names nothing secret. */
@NullMarked
package io.selvage.master.http;

import org.jspecify.annotations.NullMarked;
