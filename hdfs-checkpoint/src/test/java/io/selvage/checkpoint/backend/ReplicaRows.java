package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** All that a replica has, for comparison with another. */
final class ReplicaRows {
    private ReplicaRows() {}

    static Map<String, String> of(StateReplica replica) throws IOException {
        Map<String, String> rows = new TreeMap<>();
        HexFormat hex = HexFormat.of();
        for (boolean ofParts : new boolean[] {false, true}) {
            try (RowCursor cursor = replica.cursor(ofParts)) {
                while (cursor.next()) {
                    String key = hex.formatHex(cursor.key, cursor.keyAt, cursor.keyAt + cursor.keyLength);
                    String row = hex.formatHex(cursor.row, cursor.rowAt, cursor.rowAt + cursor.rowLength);
                    rows.put(ofParts + "/" + cursor.group + "/" + key, row);
                }
            }
        }
        return rows;
    }
}
