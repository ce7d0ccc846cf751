package io.selvage.client.deploy;

/** Told how far it is while a session is opened, by the thread that opens it. */
@FunctionalInterface
public interface OpenObserver {
    OpenObserver SILENT = (stage, detail) -> {};

    /**
     * @param stage what is being waited for, in a few words
     * @param detail how far it has come, for a live display; empty if there is nothing to tell
     */
    void onStage(String stage, String detail);

    /**
     * How often YARN will start its master; before it is submitted.
     *
     * @param asked what the settings want; the cluster may allow less
     */
    default void onAttempts(int effective, int asked) {}
}
