package io.selvage.master.job;

import io.selvage.master.job.JobTopology.Region;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.wire.SubtaskReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Owned by its job: the regions of a failed incarnation that the failure has not reached. They go on until the next
 * incarnation carries them over. What is left of the others goes on as well, to no effect, and ends with its
 * deployment.
 */
final class Intact {
    private final Deployment failed;
    private final Set<Region> regions;

    private Intact(Deployment failed, Set<Region> regions) {
        this.failed = failed;
        this.regions = regions;
    }

    /** Empty if nothing is left to be carried over. */
    static Optional<Intact> of(Deployment failed, Predicate<Region> isHit) {
        Set<Region> regions = new TreeSet<>(failed.topology().regions());
        regions.removeIf(region -> isHit.test(region) || !failed.isIntact(region));
        return regions.isEmpty() ? Optional.empty() : Optional.of(new Intact(failed, regions));
    }

    /** Another subtask has failed, as an executor says. */
    void onFailed(SubtaskReport report) {
        if (failed.incarnation().value() == report.getIncarnation()) {
            failed.find(report.getVertex(), report.getSubtask())
                    .ifPresent(subtask -> regions.remove(failed.regionOf(subtask)));
        }
    }

    /** Another executor is gone. */
    void onLost(ExecutorId executor) {
        regions.removeIf(region -> failed.slotsOf(region).contains(executor));
    }

    boolean isEmpty() {
        return regions.isEmpty();
    }

    boolean contains(Region region) {
        return regions.contains(region);
    }

    /** The executor of each slot of the failed incarnation. */
    List<ExecutorId> slots() {
        return failed.slots();
    }

    Set<ExecutorId> executors() {
        return failed.executors();
    }

    /** What an incarnation in these slots can carry over: subtasks stay where they are. */
    Map<Region, Incarnation> carriedTo(List<ExecutorId> slots) {
        Map<Region, Incarnation> carried = new TreeMap<>();
        for (Region region : regions) {
            List<ExecutorId> own = failed.slotsOf(region);
            if (slots.subList(0, own.size()).equals(own)) {
                carried.put(region, failed.since(region));
            }
        }
        return carried;
    }
}
