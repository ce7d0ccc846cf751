package io.selvage.client.cli;

import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.SubtaskPart;
import io.selvage.protocol.wire.VertexDescription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sessions and jobs as JSON; the names are the ones of the wire messages. */
final class Reports {
    private Reports() {}

    static Map<String, Object> session(SessionDescription session, String webPage) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("application_id", session.getApplicationId());
        json.put("epoch", session.getEpoch());
        json.put("master_host", session.getMasterHost());
        json.put("master_pid", session.getMasterPid());
        json.put("tracking_url", webPage);
        json.put("started_millis", session.getStartedMillis());
        json.put("version", session.getVersion());
        json.put("max_attempts", session.getMaxAttempts());
        json.put("refused_control_connections", session.getRefusedControlConnections());
        json.put("refused_status_connections", session.getRefusedStatusConnections());
        json.put(
                "executors",
                session.getExecutorsList().stream().map(Reports::executor).toList());
        json.put("notices", List.copyOf(session.getNoticesList()));
        return json;
    }

    private static Map<String, Object> executor(ExecutorDescription executor) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("executor_id", executor.getExecutorId());
        json.put("host", executor.getHost());
        json.put("pid", executor.getPid());
        json.put("slots", executor.getSlots());
        json.put("busy_slots", executor.getBusySlots());
        json.put("standby", executor.getStandby());
        json.put("standby_bytes", executor.getStandbyBytes());
        json.put("refused_connections", executor.getRefusedConnections());
        json.put("log_url", executor.getLogUrl());
        return json;
    }

    static List<Map<String, Object>> jobs(List<JobDescription> jobs) {
        return jobs.stream().map(Reports::job).toList();
    }

    static Map<String, Object> job(JobDescription job) {
        return job(job, System.currentTimeMillis());
    }

    /** @param nowMillis wall clock, behind which event time lags */
    static Map<String, Object> job(JobDescription job, long nowMillis) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("job_id", job.getJobId());
        json.put("name", job.getName());
        json.put("phase", job.getPhase().name());
        json.put("submitted_millis", job.getSubmittedMillis());
        json.put("ended_millis", job.getEndedMillis() == 0 ? null : job.getEndedMillis());
        json.put("incarnation", job.getIncarnation());
        json.put("restarts", job.getRestarts());
        json.put("checkpoints_completed", job.getCheckpointsCompleted());
        json.put("checkpoints_failed", job.getCheckpointsFailed());
        json.put("last_checkpoint", job.getLastCheckpoint());
        json.put("last_checkpoint_millis", job.getLastCheckpointMillis());
        json.put("last_checkpoint_bytes", job.getLastCheckpointBytes());
        json.put("standby_checkpoint", job.getStandbyCheckpoint());
        json.put("records_read", job.getRecordsRead());
        json.put("records_written", job.getRecordsWritten());
        json.put("records_late", job.getRecordsLate());
        json.put("records_skipped", job.getRecordsSkipped());
        json.put("alarm", job.getAlarm());
        json.put("savepoint", job.getSavepointPath().isEmpty() ? null : job.getSavepointPath());
        json.put("retained_checkpoint", job.getRetainedCheckpoint().isEmpty() ? null : job.getRetainedCheckpoint());
        json.put("failure", job.hasFailure() ? failure(job.getFailure()) : null);
        json.put(
                "recoveries",
                job.getRecoveriesList().stream().map(Reports::recovery).toList());
        json.put(
                "vertices",
                job.getVerticesList().stream()
                        .map(vertex -> vertex(vertex, nowMillis))
                        .toList());
        if (job.getCheckpointsCount() > 0) {
            json.put(
                    "checkpoints",
                    job.getCheckpointsList().stream().map(Reports::checkpoint).toList());
        }
        return json;
    }

    static Map<String, Object> checkpoint(CheckpointDescription checkpoint) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("checkpoint", checkpoint.getCheckpoint());
        json.put("state", checkpoint.getState().name());
        json.put("savepoint", checkpoint.getSavepoint());
        json.put("trigger_millis", checkpoint.getTriggerMillis());
        json.put("duration_micros", checkpoint.getDurationMicros());
        json.put("publish_micros", checkpoint.getPublishMicros());
        json.put("journal_micros", checkpoint.getJournalMicros());
        json.put("bytes", checkpoint.getBytes());
        json.put("state_bytes", checkpoint.getStateBytes());
        json.put("reason", checkpoint.getReason());
        json.put("slowest", checkpoint.getSlowest());
        json.put(
                "subtasks",
                checkpoint.getSubtasksList().stream().map(Reports::part).toList());
        return json;
    }

    private static Map<String, Object> part(SubtaskPart part) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("vertex", part.getVertex());
        json.put("subtask", part.getSubtask());
        json.put("executor_id", part.getExecutorId());
        json.put("state", part.getState().name());
        json.put("first_barrier_micros", part.getFirstBarrierMicros());
        json.put("alignment_micros", part.getAlignmentMicros());
        json.put("synchronous_micros", part.getSynchronousMicros());
        json.put("gathering_micros", part.getGatheringMicros());
        json.put("upload_micros", part.getUploadMicros());
        json.put("bytes", part.getBytes());
        json.put("state_bytes", part.getStateBytes());
        return json;
    }

    private static Map<String, Object> vertex(VertexDescription vertex, long nowMillis) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", vertex.getId());
        json.put("name", vertex.getName());
        json.put("parallelism", vertex.getParallelism());
        json.put("running", vertex.getRunning());
        json.put("records_in", vertex.getRecordsIn());
        json.put("records_out", vertex.getRecordsOut());
        json.put("bytes_in", vertex.getBytesIn());
        json.put("bytes_out", vertex.getBytesOut());
        json.put("busy_permille", vertex.getBusyPermille());
        json.put("back_pressured_permille", vertex.getBackPressuredPermille());
        json.put("idle_permille", vertex.getIdlePermille());
        putEventTime(json, vertex.hasWatermarkMillis() ? vertex.getWatermarkMillis() : null, nowMillis);
        if (vertex.getLatenciesCount() > 0) {
            json.put(
                    "latencies",
                    vertex.getLatenciesList().stream().map(Reports::latency).toList());
        }
        if (vertex.getSubtasksCount() > 0) {
            json.put(
                    "subtasks",
                    vertex.getSubtasksList().stream()
                            .map(subtask -> subtask(subtask, nowMillis))
                            .toList());
        }
        return json;
    }

    private static Map<String, Object> subtask(SubtaskDescription subtask, long nowMillis) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("subtask", subtask.getSubtask());
        json.put("executor_id", subtask.getExecutorId());
        json.put("state", subtask.getState().name());
        json.put("records_in", subtask.getRecordsIn());
        json.put("records_out", subtask.getRecordsOut());
        json.put("bytes_in", subtask.getBytesIn());
        json.put("bytes_out", subtask.getBytesOut());
        json.put("records_read", subtask.getRecordsRead());
        json.put("records_written", subtask.getRecordsWritten());
        json.put("records_late", subtask.getRecordsLate());
        json.put("records_skipped", subtask.getRecordsSkipped());
        json.put("busy_permille", subtask.getBusyPermille());
        json.put("back_pressured_permille", subtask.getBackPressuredPermille());
        json.put("idle_permille", subtask.getIdlePermille());
        putEventTime(json, subtask.hasWatermarkMillis() ? subtask.getWatermarkMillis() : null, nowMillis);
        return json;
    }

    /** What has ended, or not begun, does not lag behind. */
    private static void putEventTime(Map<String, Object> json, @Nullable Long watermarkMillis, long nowMillis) {
        json.put("watermark_millis", watermarkMillis);
        json.put(
                "watermark_lag_millis",
                watermarkMillis == null || watermarkMillis == Long.MAX_VALUE ? null : nowMillis - watermarkMillis);
    }

    private static Map<String, Object> latency(SourceLatency latency) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("source", latency.getSource());
        json.put("markers", latency.getMarkers());
        json.put("median_micros", latency.getMedianMicros());
        json.put("p99_micros", latency.getP99Micros());
        json.put("greatest_micros", latency.getGreatestMicros());
        return json;
    }

    private static Map<String, Object> recovery(Recovery recovery) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("detected_millis", recovery.getDetectedMillis());
        json.put("deployed_millis", recovery.getDeployedMillis() == 0 ? null : recovery.getDeployedMillis());
        json.put("running_millis", recovery.getRunningMillis() == 0 ? null : recovery.getRunningMillis());
        json.put("incarnation", recovery.getIncarnation());
        json.put("from_checkpoint", recovery.getFromCheckpoint());
        json.put("records_replayed", recovery.getRecordsReplayed());
        json.put("by_standby", recovery.getByStandby());
        json.put("failure", failure(recovery.getFailure()));
        return json;
    }

    private static Map<String, Object> failure(Failure failure) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kind", failure.getKind().name());
        json.put("message", failure.getMessage());
        json.put("operator", failure.getOperator());
        json.put("subtask", failure.getSubtask());
        json.put("position", failure.getPosition());
        json.put("causes", failure.getCausesList());
        return json;
    }
}
