package io.selvage.client.deploy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Nearest;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.yarn.api.records.QueueACL;
import org.apache.hadoop.yarn.api.records.QueueConfigurations;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueState;
import org.apache.hadoop.yarn.api.records.QueueUserACLInfo;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a cluster, as one user may use them; pure.
 *
 * @param areMade the scheduler makes queues that are asked for
 */
public record Queues(List<Queue> all, boolean areMade) {
    private static final String ANY_LABEL = "*";
    private static final String ROOT = "root.";
    private static final String FAIR = "fair";

    /** Of a container, or of all that a queue may have at a time. */
    public record Size(long memoryMib, int vcores) {}

    /**
     * One of them.
     *
     * @param path with the queues that it is in; the name, where the scheduler knows no paths
     * @param isParent holds queues, and no applications
     * @param isSubmittable by this user, by what its ACLs say
     * @param capacity a share of its parent's
     * @param maximum likewise
     * @param used a share of its capacity, which may be above 1
     * @param labels of nodes that it may use; with "*" any
     * @param most what it may have at a time, by node label; the empty label for nodes without; where none is known,
     *     nothing is
     * @param defaultLabel of the nodes for containers that ask for no label; empty: nodes without one; null: not known
     */
    public record Queue(
            String name,
            String path,
            boolean isParent,
            String state,
            boolean isSubmittable,
            float capacity,
            float maximum,
            float used,
            Set<String> labels,
            Map<String, Size> most,
            @Nullable String defaultLabel) {
        public Queue {
            labels = Set.copyOf(labels);
            most = Map.copyOf(most);
        }

        public boolean isRunning() {
            return state.equals(QueueState.RUNNING.name());
        }

        /** One of which nothing is known but what it was asked for by: so nothing of it is in the way. */
        static Queue any(String asked) {
            return new Queue(
                    asked, asked, false, QueueState.RUNNING.name(), true, 0, 0, 0, Set.of(ANY_LABEL), Map.of(), null);
        }

        boolean mayUse(String label) {
            return label.isEmpty() || labels.contains(ANY_LABEL) || labels.contains(label);
        }

        private boolean isCalled(String asked) {
            return name.equals(asked) || path.equals(asked) || path.equals(ROOT + asked) || name.equals(ROOT + asked);
        }
    }

    public Queues {
        all = List.copyOf(all);
    }

    /** @param rights of the user; of a queue that is not among them, nothing is known, and so nothing is refused */
    static Queues of(Collection<QueueInfo> queues, Collection<QueueUserACLInfo> rights) {
        Map<String, Boolean> submittable = new HashMap<>();
        for (QueueUserACLInfo right : rights) {
            submittable.put(
                    right.getQueueName(),
                    right.getUserAcls().contains(QueueACL.SUBMIT_APPLICATIONS)
                            || right.getUserAcls().contains(QueueACL.ADMINISTER_QUEUE));
        }
        return new Queues(
                queues.stream().map(queue -> queue(queue, submittable)).toList(),
                queues.stream().anyMatch(Queues::isFair));
    }

    private static Queue queue(QueueInfo info, Map<String, Boolean> submittable) {
        @Nullable String path = info.getQueuePath();
        String name = info.getQueueName();
        String known = path == null || path.isEmpty() ? name : path;
        @Nullable Set<String> labels = info.getAccessibleNodeLabels();
        @Nullable String defaultLabel = info.getDefaultNodeLabelExpression();
        return new Queue(
                name,
                known,
                info.getChildQueues() != null && !info.getChildQueues().isEmpty(),
                info.getQueueState().name(),
                submittable.getOrDefault(known, submittable.getOrDefault(name, true)),
                info.getCapacity(),
                info.getMaximumCapacity(),
                info.getCurrentCapacity(),
                labels == null ? Set.of() : labels,
                most(info),
                defaultLabel == null ? "" : defaultLabel.strip());
    }

    private static Map<String, Size> most(QueueInfo info) {
        Map<String, Size> most = new HashMap<>();
        @Nullable Map<String, QueueConfigurations> byLabel = info.getQueueConfigurations();
        if (byLabel != null) {
            byLabel.forEach((label, configured) -> {
                @Nullable Resource effective = configured.getEffectiveMaxCapacity();
                if (label != null && effective != null) {
                    most.put(label, new Size(effective.getMemorySize(), effective.getVirtualCores()));
                }
            });
        }
        if (isFair(info)) {
            most.put("", new Size(info.getMaxResourceMemory(), info.getMaxResourceVCore()));
        }
        // A scheduler that does not say says 0.
        most.values().removeIf(size -> size.memoryMib() <= 0 || size.vcores() <= 0);
        return most;
    }

    private static boolean isFair(QueueInfo info) {
        @Nullable String scheduler = info.getSchedulerType();
        return scheduler != null && scheduler.toLowerCase(Locale.ROOT).contains(FAIR);
    }

    /** The queue of that name, or of that path. */
    Optional<Queue> find(String asked) {
        return all.stream().filter(queue -> queue.isCalled(asked)).findFirst();
    }

    /**
     * The queue that was asked for.
     *
     * @param queue as it is, or one of which nothing is known
     * @param doubt why YARN may not put the application there, a sentence; empty: nothing speaks against it
     * @param isLeftToYarn it may be another one in the end
     */
    public record Choice(Queue queue, String doubt, boolean isLeftToYarn) {
        /** It is the queue that YARN will put the application into, and is there already. */
        public boolean isSure() {
            return !isLeftToYarn && doubt.isEmpty();
        }
    }

    /**
     * The queue that an application of this user is put into, as far as it is known before. Who asks for
     * {@value YarnConfiguration#DEFAULT_QUEUE_NAME} leaves it to YARN, whose placement rules may put it elsewhere; and
     * a queue that is not there may be made for the application, by the fair scheduler or in a parent that is there.
     *
     * @throws ClientException with {@code REFUSED} if it is sure that YARN would not take it
     */
    Choice choose(String asked) {
        Optional<Queue> found = find(asked);
        String objection = found.map(queue -> objection(asked, queue)).orElseGet(() -> absence(asked));
        boolean isLeftToYarn = asked.equals(YarnConfiguration.DEFAULT_QUEUE_NAME);
        boolean mayBeMade = found.isEmpty() && (areMade || hasParent(asked));
        if (!objection.isEmpty() && !isLeftToYarn && !mayBeMade) {
            throw new ClientException(ExitCode.REFUSED, objection + oneOf());
        }
        return new Choice(
                found.filter(queue -> objection.isEmpty()).orElseGet(() -> Queue.any(asked)),
                objection.isEmpty() ? "" : objection + oneOf(),
                isLeftToYarn);
    }

    private static String objection(String asked, Queue queue) {
        if (queue.isParent()) {
            return "The queue \"" + asked + "\" only holds other queues.";
        }
        if (!queue.isRunning()) {
            return "The queue \"" + asked + "\" takes no applications: it is " + queue.state() + ".";
        }
        return queue.isSubmittable()
                ? ""
                : "You may not put applications into the queue \"" + asked
                        + "\": its ACL names neither you nor a group of yours.";
    }

    private String absence(String asked) {
        return "The cluster has no queue \"" + asked + "\"."
                + Nearest.of(asked, choices())
                        .map(name -> " Did you mean " + name + "?")
                        .orElse("");
    }

    private boolean hasParent(String asked) {
        int dot = asked.lastIndexOf('.');
        return dot > 0
                && !asked.substring(0, dot).equals("root")
                && find(asked.substring(0, dot)).isPresent();
    }

    private String oneOf() {
        List<String> choices = choices();
        return choices.isEmpty()
                ? " There is none that takes applications of yours: ask whoever runs the cluster for one."
                : " Choose one of these with -qu: " + String.join(", ", choices) + ".";
    }

    /** By the shortest names that tell them apart. */
    private List<String> choices() {
        Map<String, Long> leaves = all.stream()
                .filter(queue -> !queue.isParent())
                .collect(Collectors.groupingBy(Queue::name, Collectors.counting()));
        return all.stream()
                .filter(queue -> !queue.isParent() && queue.isRunning() && queue.isSubmittable())
                .map(queue -> leaves.getOrDefault(queue.name(), 1L) == 1 ? queue.name() : queue.path())
                .sorted()
                .toList();
    }
}
