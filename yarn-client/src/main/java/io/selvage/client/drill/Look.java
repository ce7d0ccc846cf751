package io.selvage.client.drill;

import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;

/** How session and job stand at a moment. */
public record Look(SessionDescription session, JobDescription job) {}
