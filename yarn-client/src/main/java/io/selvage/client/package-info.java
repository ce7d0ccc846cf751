/** The programmatic client: opens sessions, submits jobs and follows them. No command line here. */
@NullMarked
package io.selvage.client;

import org.jspecify.annotations.NullMarked;
