package io.selvage.checkpoint.source;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.StateEntries;
import io.selvage.checkpoint.backend.StateReplica;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Owned by the reader's thread. Loads the state of some key groups at the first read, and hands it out by key. */
final class KeyGroupReader<K, V> implements SplitReader<KeyedEntry<K, V>> {
    private static final byte[] BEGINNING = {};

    private final KeyGroupSplit split;
    private final String operatorUid;
    private final Serde<K> keys;
    private final StateEntries.State<V> state;
    private byte[] position; // Behind the last element; as an entry tells it.
    private @Nullable StateEntries<K, V> entries; // null: not loaded, or read to the end.

    KeyGroupReader(
            KeyGroupSplit split,
            String operatorUid,
            Serde<K> keys,
            StateEntries.State<V> state,
            byte @Nullable [] position) {
        this.split = split;
        this.operatorUid = operatorUid;
        this.keys = keys;
        this.state = state;
        this.position = position == null ? BEGINNING : position;
    }

    @Override
    public Status read(SourceOutput<KeyedEntry<K, V>> out, int maxElements) throws BadInputException, IOException {
        StateEntries<K, V> open = opened();
        for (int i = 0; i < maxElements; i++) {
            if (!open.next()) {
                return Status.END;
            }
            position = open.position();
            out.collect(new KeyedEntry<>(open.key(), open.value()));
        }
        return Status.MORE;
    }

    private StateEntries<K, V> opened() throws BadInputException, IOException {
        StateEntries<K, V> known = entries;
        if (known == null) {
            StateReplica replica = StoredOperator.at(split.metadataFile(), operatorUid)
                    .load(new KeyGroupRange(split.first(), split.end()));
            known = StateEntries.of(replica, keys, state);
            if (position.length > 0) {
                known.seek(position);
            }
            entries = known;
        }
        return known;
    }

    @Override
    public byte[] position() {
        return position;
    }

    @Override
    public String describeLast() {
        return "a key of the key groups " + split.first() + " to " + (split.end() - 1) + " in " + split.metadataFile();
    }

    @Override
    public void close() {
        StateEntries<K, V> open = entries;
        entries = null;
        if (open != null) {
            open.close();
        }
    }
}
