package io.selvage.client.deploy;

import io.selvage.checkpoint.orphan.SharedRuntimeSearch;
import io.selvage.protocol.config.ApplicationConfig;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.yarn.api.records.ApplicationReport;

/**
 * The tag by which YARN tells everybody which runtime for all users an application has, or that it has its own: whether
 * a runtime is still needed, its owner can know in no other way. Pure.
 */
public final class RuntimeTag {
    private static final String PREFIX = "selvage-runtime-";
    /** It has none that is there for all. */
    private static final String OWN = "own";
    /** YARN takes no more. */
    private static final int MAX_TAGS = 10;

    private RuntimeTag() {}

    /** Whether there is room for it among the tags that the user has chosen. */
    static boolean fitsWith(List<String> chosen) {
        return chosen.size() < MAX_TAGS;
    }

    /** The tags that a user has chosen, with this one if there is room for it. */
    static Set<String> with(List<String> chosen, Optional<String> sharedRuntime) {
        Set<String> tags = new LinkedHashSet<>(chosen);
        if (fitsWith(chosen)) {
            tags.add(PREFIX + sharedRuntime.orElse(OWN));
        }
        return tags;
    }

    /**
     * The runtimes for all users that applications have.
     *
     * @param applications that have not ended; those of Selvage among them are known by their tag, or by their type
     */
    public static SharedRuntimeSearch.InUse inUse(Collection<ApplicationReport> applications) {
        Set<String> sha256s = new TreeSet<>();
        Set<String> unknown = new TreeSet<>();
        for (ApplicationReport application : applications) {
            Optional<String> tag = application.getApplicationTags().stream()
                    .filter(each -> each.startsWith(PREFIX))
                    .findFirst();
            tag.map(named -> named.substring(PREFIX.length()))
                    .filter(named -> !named.equals(OWN))
                    .ifPresent(sha256s::add);
            if (tag.isEmpty() && ApplicationConfig.TYPE.defaultValue().equals(application.getApplicationType())) {
                unknown.add("No runtime for all users is named, as " + application.getApplicationId() + " of "
                        + application.getUser() + " does not tell YARN which one it has: an earlier version has opened"
                        + " it, or it has " + MAX_TAGS + " tags of its own. Look again when it has ended.");
            }
        }
        return new SharedRuntimeSearch.InUse(sha256s, List.copyOf(unknown));
    }
}
