/** Whether this host and the cluster are fit for sessions: looked at, judged, and left as they were. */
@NullMarked
package io.selvage.client.doctor;

import org.jspecify.annotations.NullMarked;
