package io.selvage.checkpoint.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.corpus.SampleState;
import io.selvage.checkpoint.corpus.SampleWriter;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.StateBackend;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class KeyedStateSourceTest {
    private static final SourceContext CONTEXT = new SourceContext() {
        @Override
        public String operatorName() {
            return "state";
        }

        @Override
        public int subtask() {
            return 0;
        }

        @Override
        public int parallelism() {
            return 1;
        }

        @Override
        public ClassLoader userClassLoader() {
            return KeyedStateSourceTest.class.getClassLoader();
        }
    };

    @TempDir
    private Path root;

    private DurableStore store() throws IOException {
        return DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
    }

    private SampleWriter writer(StateBackend backend) throws Exception {
        return new SampleWriter(
                store(),
                backend == StateBackend.ROCKSDB ? new RocksEnvironment(root.resolve("state"), 1 << 20, 1 << 16) : null);
    }

    /** Reads all splits; after every element the reader is closed, and another goes on from its position. */
    private static <V> Map<String, V> readAnew(KeyedStateSource<String, V> source) throws Exception {
        Map<String, V> all = new HashMap<>();
        source.check();
        for (KeyGroupSplit split : plan(source)) {
            byte @Nullable [] position = null;
            SplitReader.Status status = SplitReader.Status.MORE;
            while (status != SplitReader.Status.END) {
                try (SplitReader<KeyedEntry<String, V>> reader =
                        source.reader(throughBytes(split, source.splitSerde()), position, CONTEXT)) {
                    status = reader.read(
                            output(entry -> {
                                KeyedEntry<String, V> sent = throughBytes(entry, source.serde());
                                assertThat(all.put(sent.key(), sent.value()))
                                        .as("once")
                                        .isNull();
                            }),
                            1);
                    position = reader.position();
                }
            }
        }
        return all;
    }

    private static List<KeyGroupSplit> plan(KeyedStateSource<?, ?> source) throws Exception {
        SplitPlanner<KeyGroupSplit> planner = source.planner(CONTEXT, null);
        assertThat(planner.isComplete()).isFalse();
        byte[] before = planner.snapshot();
        List<KeyGroupSplit> splits = new ArrayList<>(planner.discover());
        assertThat(planner.isComplete()).isTrue();
        assertThat(planner.discover()).isEmpty();
        assertThat(source.planner(CONTEXT, planner.snapshot()).discover()).isEmpty();
        assertThat(source.planner(CONTEXT, before).discover()).isEqualTo(splits);
        return splits;
    }

    @FunctionalInterface
    private interface Taker<T> {
        void take(T element);
    }

    private static <T> SourceOutput<T> output(Taker<T> taker) {
        return new SourceOutput<>() {
            @Override
            public void collect(T element) {
                taker.take(element);
            }

            @Override
            public void collect(T element, long timestampMillis) {
                throw new AssertionError("state has no timestamps");
            }

            @Override
            public void skipped() {
                throw new AssertionError("nothing is passed over");
            }
        };
    }

    private static <T> T throughBytes(T value, Serde<T> serde) {
        BinaryWriter out = new BinaryWriter();
        serde.write(value, out);
        return serde.read(new BinaryReader(out.toByteArray()));
    }

    @SuppressWarnings("unchecked")
    private static <T> T throughTheGraph(T source) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(source);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }

    private String savepoint() {
        return root.resolve("sp").toUri().toString();
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void eachKeyOfAStateComesOnceWhateverTheSplits(StateBackend backend) throws Exception {
        writer(backend).savepoint("sp", 7);
        Map<String, SampleState.Account> accounts = new HashMap<>();
        Map<String, List<String>> histories = new HashMap<>();
        Map<String, Map<String, Long>> tags = new HashMap<>();
        for (int i = 0; i < SampleState.KEYS; i++) {
            accounts.put(SampleState.key(i), SampleState.accountOf(i));
            if (!SampleState.historyOf(i).isEmpty()) {
                histories.put(SampleState.key(i), SampleState.historyOf(i));
            }
            if (!SampleState.tagsOf(i).isEmpty()) {
                tags.put(SampleState.key(i), SampleState.tagsOf(i));
            }
        }
        var ofAccounts =
                throughTheGraph(KeyedStateSource.of(savepoint(), SampleState.UID, Serdes.STRING, SampleState.ACCOUNT));
        assertThat(plan(ofAccounts)).as("as many as there were subtasks").hasSize(2);
        assertThat(readAnew(ofAccounts)).isEqualTo(accounts);
        for (int splits : new int[] {1, 3, SampleState.GROUPS, 1000}) {
            assertThat(plan(ofAccounts.splits(splits))).hasSize(Math.min(splits, SampleState.GROUPS));
            assertThat(readAnew(ofAccounts.splits(splits)))
                    .as("%s splits", splits)
                    .isEqualTo(accounts);
        }
        assertThat(readAnew(KeyedStateSource.of(savepoint(), SampleState.UID, Serdes.STRING, SampleState.HISTORY)))
                .isEqualTo(histories);
        Map<String, Map<String, Long>> read =
                readAnew(KeyedStateSource.of(savepoint(), SampleState.UID, Serdes.STRING, SampleState.TAGS));
        assertThat(read).isEqualTo(tags);
        assertThat(read.get("key-2"))
                .as("in the order of insertion")
                .containsExactly(Map.entry("tag-9", 2L), Map.entry("tag-8", 3L));
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aCheckpointThatBuildsOnOthersIsReadAsItWasAtItsTime(StateBackend backend) throws Exception {
        CheckpointLayout layout = new CheckpointLayout("application_1_0001/" + SampleWriter.JOB);
        SampleWriter writer = writer(backend);
        String first = writer.checkpoint(layout, 1);
        writer.change(3, 17);
        String second = writer.checkpoint(layout, 2);
        Map<String, SampleState.Account> before =
                readAnew(KeyedStateSource.of(first, SampleState.UID, Serdes.STRING, SampleState.ACCOUNT));
        Map<String, SampleState.Account> after =
                readAnew(KeyedStateSource.of(second, SampleState.UID, String.class, SampleState.ACCOUNT));
        assertThat(before).hasSize(SampleState.KEYS).containsEntry("key-3", SampleState.accountOf(3));
        assertThat(after)
                .hasSize(SampleState.KEYS)
                .containsEntry("key-3", new SampleState.Account("changed", 17, null));
    }

    @Test
    void stateThatLacksASubtaskIsNotRead() throws Exception {
        String file = writer(StateBackend.HEAP).savepoint("sp", 7);
        DurableStore store = store();
        CheckpointMetadata whole = new CheckpointStore(store).readMetadata(file);
        store.delete(file);
        new CheckpointStore(store)
                .writeSavepoint(
                        SavepointLayout.ofMetadata(file),
                        whole.toBuilder().removeSubtasks(0).build());
        assertRefused(
                KeyedStateSource.of(savepoint(), SampleState.UID, Serdes.STRING, SampleState.ACCOUNT),
                "sp/_metadata",
                "lack what the subtasks {0} of 2 of operator sample had");
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void whatDoesNotFitIsRefusedBeforeAnythingIsSubmitted(StateBackend backend) throws Exception {
        writer(backend).savepoint("sp", 7);
        assertRefused(
                KeyedStateSource.of(savepoint(), "other", Serdes.STRING, SampleState.ACCOUNT),
                "no keyed state of an operator with the uid \"other\"",
                "[sample]");
        assertRefused(
                KeyedStateSource.of(savepoint(), SampleState.UID, Serdes.LONG, SampleState.ACCOUNT),
                "The keys of operator sample were written as string and are now i64");
        assertRefused(
                KeyedStateSource.of(
                        savepoint(),
                        SampleState.UID,
                        Serdes.STRING,
                        new ValueStateDescriptor<>("account", Serdes.LONG)),
                "The state \"account\" of operator sample does not fit what was written");
        assertRefused(
                KeyedStateSource.of(
                        savepoint(),
                        SampleState.UID,
                        Serdes.STRING,
                        new ValueStateDescriptor<>("nothing", Serdes.LONG)),
                "has no state \"nothing\"",
                "account");
        assertRefused(
                KeyedStateSource.of(
                        root.resolve("nowhere").toUri().toString(),
                        SampleState.UID,
                        Serdes.STRING,
                        SampleState.ACCOUNT),
                "does not exist");
    }

    private static void assertRefused(KeyedStateSource<?, ?> source, String... said) {
        assertThatThrownBy(source::check).isInstanceOf(BadInputException.class).hasMessageContainingAll(said);
    }

    @Test
    void aSplitOfNothingIsRefused() {
        assertThatThrownBy(() -> KeyedStateSource.of("sp", "a", Serdes.STRING, SampleState.ACCOUNT)
                        .splits(0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
