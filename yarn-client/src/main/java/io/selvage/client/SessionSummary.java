package io.selvage.client;

import io.selvage.client.connect.SessionState;
import org.jspecify.annotations.Nullable;

/**
 * A session of this user, or an application for one job, as YARN has it; immutable.
 *
 * @param onlyJob the job that the application is for alone; null: it is a session
 * @param state null: YARN does not know it, be it that it has forgotten it, or was restarted without a memory
 * @param webPage null: YARN knows of none
 */
public record SessionSummary(
        String applicationId,
        String name,
        @Nullable String onlyJob,
        long openedMillis,
        @Nullable SessionState state,
        @Nullable String webPage) {}
