package io.selvage.client.cli;

import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.ThreadStack;
import java.util.LinkedHashMap;
import java.util.Map;

/** What threads do, as people and programs read it; pure. */
final class ThreadTexts {
    private ThreadTexts() {}

    /**
     * A process that was asked.
     *
     * @param executorId empty: the master
     */
    record Process(String executorId, ShowThreadsResponse answer) {
        boolean isSilent() {
            return !answer.getSilence().isEmpty();
        }

        /** It has answered that it has no such thread. */
        boolean isEmpty() {
            return !isSilent() && answer.getDump().getThreadsCount() == 0;
        }
    }

    static String inWords(Process process) {
        StringBuilder text = new StringBuilder();
        text.append(process.executorId().isEmpty() ? "Master" : "Executor " + process.executorId());
        if (process.isSilent()) {
            return text.append(": no answer. ")
                    .append(process.answer().getSilence())
                    .toString();
        }
        var dump = process.answer().getDump();
        text.append(", process ")
                .append(dump.getPid())
                .append(", at ")
                .append(Words.time(dump.getTimeMillis()))
                .append(" UTC: ");
        text.append(Words.times(dump.getThreadsCount() + dump.getLeftOut(), "thread"));
        if (dump.getLeftOut() > 0) {
            text.append(", of which ").append(dump.getLeftOut()).append(" did not fit");
        }
        dump.getThreadsList().forEach(thread -> append(text, thread));
        return text.toString();
    }

    private static void append(StringBuilder text, ThreadStack thread) {
        text.append("\n\n\"").append(thread.getName()).append("\"  ").append(state(thread));
        if (thread.getCpuMillis() >= 0) {
            text.append(", ").append(Words.duration(thread.getCpuMillis())).append(" of processor time");
        }
        for (String frame : thread.getFramesList()) {
            text.append("\n    at ").append(frame);
        }
        if (thread.getIsCut()) {
            text.append("\n    ... and more, further out");
        }
    }

    private static String state(ThreadStack thread) {
        StringBuilder state = new StringBuilder(
                switch (thread.getState()) {
                    case "RUNNABLE" -> "runs, or waits for the system";
                    case "BLOCKED" -> "blocked";
                    case "WAITING" -> "waits";
                    case "TIMED_WAITING" -> "waits for a while";
                    default -> thread.getState();
                });
        if (!thread.getWaitsFor().isEmpty()) {
            state.append(thread.getState().equals("BLOCKED") ? " by " : " for ").append(thread.getWaitsFor());
        }
        if (!thread.getHeldBy().isEmpty()) {
            state.append(", which \"").append(thread.getHeldBy()).append("\" holds");
        }
        return thread.getDeadlocked() ? state.append(" - DEADLOCK").toString() : state.toString();
    }

    static Map<String, Object> json(Process process) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("executor_id", process.executorId().isEmpty() ? null : process.executorId());
        json.put("silence", process.isSilent() ? process.answer().getSilence() : null);
        var dump = process.answer().getDump();
        json.put("pid", process.isSilent() ? null : dump.getPid());
        json.put("time_millis", dump.getTimeMillis());
        json.put("left_out", dump.getLeftOut());
        json.put(
                "threads",
                dump.getThreadsList().stream().map(ThreadTexts::thread).toList());
        return json;
    }

    private static Map<String, Object> thread(ThreadStack thread) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", thread.getName());
        json.put("state", thread.getState());
        json.put("cpu_millis", thread.getCpuMillis() < 0 ? null : thread.getCpuMillis());
        json.put("waits_for", thread.getWaitsFor());
        json.put("held_by", thread.getHeldBy());
        json.put("deadlocked", thread.getDeadlocked());
        json.put("frames", thread.getFramesList());
        json.put("is_cut", thread.getIsCut());
        return json;
    }
}
