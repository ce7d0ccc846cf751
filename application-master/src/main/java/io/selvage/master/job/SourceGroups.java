package io.selvage.master.job;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.AlignedGroup;
import io.selvage.protocol.wire.Heartbeat;
import io.selvage.protocol.wire.SubtaskCounters;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How far groups of sources are that wait for each other; pure. */
final class SourceGroups {
    private SourceGroups() {}

    private record Group(String job, long incarnation, String name) {}

    /**
     * What there is to say to an executor of those that it has told of.
     *
     * @param deploymentOf by the job's id and incarnation; null: that is over
     */
    static List<AlignedGroup> of(Heartbeat heartbeat, Function<SubtaskCounters, @Nullable Deployment> deploymentOf) {
        Set<Group> seen = new LinkedHashSet<>();
        List<AlignedGroup> answers = new ArrayList<>();
        for (SubtaskCounters counters : heartbeat.getCountersList()) {
            String name = counters.getAlignmentGroup();
            if (name.isEmpty() || !seen.add(new Group(counters.getJobId(), counters.getIncarnation(), name))) {
                continue;
            }
            Deployment deployment = deploymentOf.apply(counters);
            if (deployment != null) {
                least(name, deployment)
                        .ifPresent(millis -> answers.add(AlignedGroup.newBuilder()
                                .setJobId(counters.getJobId())
                                .setIncarnation(counters.getIncarnation())
                                .setGroup(name)
                                .setLeastMillis(millis)
                                .build()));
            }
        }
        return answers;
    }

    /** Nothing, as long as a subtask of one of the sources has not told yet. */
    private static OptionalLong least(String group, Deployment deployment) {
        Set<Integer> vertices = new LinkedHashSet<>();
        long least = Long.MAX_VALUE;
        for (SubtaskId subtask : deployment.subtasks()) {
            SubtaskCounters counters = deployment.countersOf(subtask);
            if (counters != null && counters.getAlignmentGroup().equals(group)) {
                vertices.add(counters.getVertex());
                least = Math.min(least, counters.getAlignedMillis());
            }
        }
        for (SubtaskId subtask : deployment.subtasks()) {
            SubtaskCounters counters = deployment.countersOf(subtask);
            boolean isSilent = counters == null || counters.getAlignmentGroup().isEmpty();
            if (isSilent && vertices.contains(subtask.vertex().value())) {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.of(least);
    }
}
