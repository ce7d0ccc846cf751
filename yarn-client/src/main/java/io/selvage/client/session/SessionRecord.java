package io.selvage.client.session;

import io.selvage.protocol.security.ApplicationIdentity;

/**
 * What opens a session to this user: all that a later command needs to find it and to prove itself.
 *
 * @param applicationId YARN's id
 * @param cluster where the ResourceManager is: a session of another cluster is none of this one's business
 * @param stateRoot fully qualified
 * @param name as shown in YARN
 * @param identity holds the session's secrets
 */
public record SessionRecord(
        String applicationId,
        String name,
        String cluster,
        String stateRoot,
        long openedMillis,
        ApplicationIdentity identity) {
    public SessionRecord {
        if (!applicationId.matches("application_\\d+_\\d+")) {
            throw new IllegalArgumentException("\"" + applicationId + "\" is not an application id.");
        }
    }

    /** The application's own directory below the state root. */
    public String applicationDirectory() {
        return stateRoot + "/" + applicationId;
    }
}
