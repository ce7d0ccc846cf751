package io.selvage.client.deploy;

/** Told what is being waited for while a session is opened, by the thread that opens it. */
@FunctionalInterface
public interface OpenObserver {
    OpenObserver SILENT = (stage, detail) -> {};

    /**
     * @param stage in a few words
     * @param detail how far it has come, for a live display; empty if there is nothing to tell
     */
    void onStage(String stage, String detail);
}
