package io.selvage.task.executor;

import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Owned by one thread: of which files more will be read, while states are read one after the other. The subtasks of a
 * container put what they have into the same ones.
 */
final class FilesToCome {
    private final Map<String, Integer> last = new HashMap<>(); // By file: the place of the last state that may need it.
    private final Map<StateOwner, Integer> places = new HashMap<>();
    private int at = -1; // The place of the state at hand, or of the one before.
    private String newest = ""; // The file with the end of its chain, whose head is read before all else.

    /**
     * @param order in which states are read
     * @param states as they are in one checkpoint; it may be one of several
     */
    void add(List<StateOwner> order, Map<StateOwner, OperatorSnapshot> states) {
        for (int place = 0; place < order.size(); place++) {
            places.put(order.get(place), place);
            OperatorSnapshot state = states.get(order.get(place));
            for (Segment segment : state == null ? List.<Segment>of() : state.getKeyedStateList()) {
                last.merge(segment.getFile(), place, Math::max);
            }
        }
    }

    /** @param chain that the state is read from */
    void begin(StateOwner owner, List<Segment> chain) {
        at = places.getOrDefault(owner, at);
        newest = chain.isEmpty() ? "" : chain.get(chain.size() - 1).getFile();
    }

    /** No more is read of the state at hand. */
    void end() {
        newest = "";
    }

    boolean has(String file) {
        return file.equals(newest) || last.getOrDefault(file, -1) > at;
    }
}
