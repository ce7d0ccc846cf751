package io.selvage.checkpoint.orphan;

/** The one that knows which masters may live. */
@FunctionalInterface
public interface ResourceManagerView {
    /** Blocks. What it throws, because it does not answer, ends the search. */
    ApplicationWord ask(String applicationId);
}
