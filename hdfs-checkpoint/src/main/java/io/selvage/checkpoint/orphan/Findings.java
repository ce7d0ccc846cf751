package io.selvage.checkpoint.orphan;

import java.util.List;

/**
 * Immutable. What a search has come to.
 *
 * @param orphans by path
 * @param notes what could not be judged, and why; sentences
 */
public record Findings(List<Orphan> orphans, List<String> notes) {
    public Findings {
        orphans = List.copyOf(orphans);
        notes = List.copyOf(notes);
    }
}
