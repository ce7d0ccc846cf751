package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Owned by the subtask's thread. The lists that one operator has in one subtask. Each is obtained once, while the
 * operator opens, and then holds what a checkpoint has of it.
 */
public final class OperatorStates {
    private static final int MAGIC = 0x53564F53; // "SVOS"
    private static final int VERSION = 1;

    private final String operator;
    private final int subtask;
    private final int parallelism;
    private final boolean sameParallelism;
    private final Map<String, HeapList<?>> lists = new LinkedHashMap<>();
    private List<Restored> restored = new ArrayList<>();
    private boolean opened;

    private record Restored(int subtask, Map<String, RestoredList> lists) {}

    private record RestoredList(Redistribution redistribution, String schema, byte[] bytes, int offset, int length) {}

    /**
     * @param operator named in messages
     * @param restoredParallelism of the operator when the segments were written; any number if there are none
     * @param segments of all subtasks of that time
     * @throws CorruptDataException if a segment is not what was written
     */
    public OperatorStates(
            String operator, int subtask, int parallelism, int restoredParallelism, List<OperatorSegment> segments) {
        this.operator = operator;
        this.subtask = subtask;
        this.parallelism = parallelism;
        this.sameParallelism = parallelism == restoredParallelism;
        List<OperatorSegment> ordered = new ArrayList<>(segments);
        ordered.sort(Comparator.comparingInt(OperatorSegment::subtask));
        for (OperatorSegment segment : ordered) {
            restored.add(new Restored(segment.subtask(), parse(segment.bytes())));
        }
    }

    /** @throws StateMismatchException if a checkpoint has the list in another format */
    public <T> OperatorList<T> list(String name, Serde<T> serde, Redistribution redistribution) {
        if (opened) {
            throw new IllegalStateException("The list \"" + name + "\" of operator " + operator
                    + " was asked for after the operator was opened. Obtain it while it opens.");
        }
        HeapList<T> list = new HeapList<>(serde, redistribution, restoredItems(name, serde, redistribution));
        if (lists.putIfAbsent(name, list) != null) {
            throw new IllegalStateException("The operator " + operator + " has two lists of the name \"" + name
                    + "\". Give one of them another name.");
        }
        return list;
    }

    /**
     * All lists are obtained; lets go of what was restored.
     *
     * @return names of lists that the checkpoint has and the operator has not, and that are dropped
     */
    public List<String> opened() {
        Set<String> dropped = new LinkedHashSet<>();
        for (Restored segment : restored) {
            dropped.addAll(segment.lists().keySet());
        }
        dropped.removeAll(lists.keySet());
        restored = List.of();
        opened = true;
        return List.copyOf(dropped);
    }

    /** Whether there is nothing to write. */
    public boolean isEmpty() {
        return lists.values().stream().allMatch(list -> list.items.isEmpty());
    }

    public void snapshot(BinaryWriter out) {
        if (!opened) {
            throw new IllegalStateException("operator " + operator + " is not opened, and its state not restored");
        }
        out.writeInt(MAGIC);
        out.writeInt(VERSION);
        out.writeUnsignedVarInt(lists.size());
        lists.forEach((name, list) -> {
            out.writeString(name);
            out.writeByte(list.redistribution.ordinal());
            out.writeString(list.serde.schema());
            out.writeInt(0);
            int start = out.length();
            list.write(out);
            out.putInt(start - Integer.BYTES, out.length() - start);
        });
    }

    private <T> List<T> restoredItems(String name, Serde<T> serde, Redistribution redistribution) {
        List<T> mine = new ArrayList<>();
        int index = 0;
        for (Restored segment : restored) {
            RestoredList written = segment.lists().get(name);
            if (written == null) {
                continue;
            }
            check(name, serde, redistribution, written);
            BinaryReader in = new BinaryReader(written.bytes(), written.offset(), written.length());
            int count = in.readUnsignedVarInt();
            for (int i = 0; i < count; i++) {
                T item = serde.read(in);
                boolean isMine = redistribution == Redistribution.UNION
                        || (sameParallelism ? segment.subtask() == subtask : index % parallelism == subtask);
                if (isMine) {
                    mine.add(item);
                }
                index++;
            }
        }
        return mine;
    }

    private void check(String name, Serde<?> serde, Redistribution redistribution, RestoredList written) {
        if (!written.schema().equals(serde.schema()) || written.redistribution() != redistribution) {
            throw new StateMismatchException("The list \"" + name + "\" of operator " + operator + " was written as "
                    + written.redistribution() + " " + written.schema() + " and is now declared as " + redistribution
                    + " " + serde.schema() + ". Declare it as it was, or give it another name to start it empty.");
        }
    }

    private Map<String, RestoredList> parse(byte[] bytes) {
        BinaryReader in = new BinaryReader(bytes);
        int magic = in.readInt();
        int version = in.readInt();
        if (magic != MAGIC || version != VERSION) {
            throw new CorruptDataException("The state of operator " + operator + " begins with 0x"
                    + Integer.toHexString(magic) + " and format " + version + ", and this version of Selvage reads 0x"
                    + Integer.toHexString(MAGIC) + " and format " + VERSION
                    + " only. Restore with the version that wrote it.");
        }
        Map<String, RestoredList> found = new LinkedHashMap<>();
        int count = in.readUnsignedVarInt();
        for (int i = 0; i < count; i++) {
            String name = in.readString();
            Redistribution redistribution = Redistribution.values()[in.readByte()];
            String schema = in.readString();
            int length = in.readInt();
            found.put(name, new RestoredList(redistribution, schema, bytes, in.position(), length));
            in.skip(length);
        }
        return found;
    }

    private static final class HeapList<T> implements OperatorList<T> {
        private final Serde<T> serde;
        private final Redistribution redistribution;
        private final List<T> items;

        HeapList(Serde<T> serde, Redistribution redistribution, List<T> items) {
            this.serde = serde;
            this.redistribution = redistribution;
            this.items = items;
        }

        @Override
        public List<T> items() {
            return Collections.unmodifiableList(items);
        }

        @Override
        public void add(T item) {
            items.add(item);
        }

        @Override
        public void replace(List<? extends T> newItems) {
            List<T> copy = new ArrayList<>(newItems);
            items.clear();
            items.addAll(copy);
        }

        @Override
        public void clear() {
            items.clear();
        }

        void write(BinaryWriter out) {
            out.writeUnsignedVarInt(items.size());
            for (T item : items) {
                serde.write(item, out);
            }
        }
    }
}
