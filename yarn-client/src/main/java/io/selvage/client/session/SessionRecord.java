package io.selvage.client.session;

import io.selvage.protocol.security.ApplicationIdentity;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What opens a session to this user: all that a later command needs to find it and to prove itself.
 *
 * @param applicationId YARN's id
 * @param cluster where its ResourceManagers are, as {@link #clusterAt} says it: a session of another cluster is none of
 *     this one's business
 * @param stateRoot fully qualified
 * @param name as shown in YARN
 * @param identity holds the session's secrets
 * @param user whose the session is, as a client may act for another; null: written by a version that did not say
 * @param onlyJob the job that the application is for alone; null: it is a session, which takes jobs
 */
public record SessionRecord(
        String applicationId,
        String name,
        String cluster,
        String stateRoot,
        long openedMillis,
        ApplicationIdentity identity,
        @Nullable String user,
        @Nullable String onlyJob) {
    private static final String OR = " or ";

    /** Says nothing of where it is. */
    private static final String ANY_HOST = "0.0.0.0:";

    private static final Pattern ID = Pattern.compile("application_\\d{1,18}_\\d{1,9}");

    public SessionRecord {
        if (!isId(applicationId)) {
            throw new IllegalArgumentException("\"" + applicationId + "\" is not an application id.");
        }
    }

    /** Whether it has the form of an application's id; what has not can only be a name. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** A cluster by the addresses of its ResourceManagers, host and port of each. */
    public static String clusterAt(List<String> addresses) {
        return String.join(OR, addresses);
    }

    /**
     * Whether it is on that cluster: whether both have a ResourceManager in common. One cluster may have had another
     * one added, or name them in another order; and an address is that of one cluster.
     */
    public boolean isOn(String otherCluster) {
        return cluster.equals(otherCluster) || !Collections.disjoint(addresses(cluster), addresses(otherCluster));
    }

    private static List<String> addresses(String cluster) {
        return Stream.of(cluster.toLowerCase(Locale.ROOT).split(OR, -1))
                .filter(address -> !address.startsWith(ANY_HOST)) // As YARN has it where nothing is set.
                .toList();
    }

    public boolean takesJobs() {
        return onlyJob == null;
    }

    /** The application's own directory below the state root. */
    public String applicationDirectory() {
        return stateRoot + "/" + applicationId;
    }
}
