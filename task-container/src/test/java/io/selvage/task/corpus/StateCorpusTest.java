package io.selvage.task.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.subtask.ChannelState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What operators keep beside their keyed state, and what is under way between them, in each format that there has been:
 * every later version must restore it, for ever. No entry is ever changed or deleted, and {@link OperatorSample}
 * neither. When a format changes, one test here fails, and says how to add the entry of the new one.
 *
 * <p>An entry is named after the sample, and the heads that its parts begin with, in hexadecimal. Those of the first
 * versions do not say of what kind the state is. Keyed state has a corpus of its own, in {@code hdfs-checkpoint}.
 */
final class StateCorpusTest {
    private static final Path CORPUS = Path.of("src", "test", "resources", "corpus");
    private static final String WRITE = "selvage.corpus.write";
    private static final String CHANNELS = "channels";

    static Stream<Path> entries() throws IOException {
        return entries(false);
    }

    static Stream<Path> entriesOfChannels() throws IOException {
        return entries(true);
    }

    private static Stream<Path> entries(boolean areOfChannels) throws IOException {
        try (Stream<Path> all = Files.list(CORPUS)) {
            return all
                    .filter(entry -> entry.getFileName().toString().startsWith(CHANNELS) == areOfChannels)
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static OperatorSample sampleOf(Path entry) {
        String name = entry.getFileName().toString();
        return Stream.of(OperatorSample.values())
                .filter(sample -> name.substring(0, name.length() - 3 * sample.kinds.size())
                        .equals(sample.words))
                .findFirst()
                .orElseThrow();
    }

    private static String nameOf(OperatorSample sample) {
        return sample.words + sample.kinds.stream().map(StateCorpusTest::head).collect(Collectors.joining());
    }

    private static String head(OperatorStateKind kind) {
        BinaryWriter out = new BinaryWriter();
        kind.writeHead(out);
        return head(out.toByteArray());
    }

    private static String head(byte[] state) {
        return String.format("-%02x", state[0]);
    }

    private static Path file(Path entry, int subtask) {
        return entry.resolve(subtask + ".state");
    }

    // ---- operators -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("entries")
    void everyEntryIsRestoredAtAnyParallelism(Path entry) throws IOException {
        OperatorSample sample = sampleOf(entry);
        List<byte @Nullable []> states = new ArrayList<>();
        for (int subtask = 0; subtask < OperatorSample.PARALLELISM; subtask++) {
            Path file = file(entry, subtask);
            states.add(Files.exists(file) ? Files.readAllBytes(file) : null);
        }
        for (int parallelism : new int[] {1, 2, 3}) {
            List<RunningChain> chains = new ArrayList<>();
            for (int subtask = 0; subtask < parallelism; subtask++) {
                chains.add(new RunningChain(sample, subtask, parallelism, states));
            }
            assertThat(sample.take(chains))
                    .as("%s subtasks", parallelism)
                    .isEqualTo(sample.expected(parallelism))
                    .isNotEmpty();
            chains.forEach(RunningChain::close);
        }
    }

    /** To the byte: that of another one with the same head would be taken for this. */
    @ParameterizedTest
    @EnumSource
    void theFormatOfTodayHasAnEntry(OperatorSample sample) throws IOException {
        Path entry = CORPUS.resolve(nameOf(sample));
        assertThat(entry)
                .as(
                        "The format has changed. Write the entry %s, check it in, and leave the others as they are: mvnw"
                                + " -pl task-container -am test -Dtest=StateCorpusTest -D%s=true",
                        entry.getFileName(), WRITE)
                .isDirectory();
        List<byte @Nullable []> fresh = write(sample);
        for (int subtask = 0; subtask < fresh.size(); subtask++) {
            byte[] state = fresh.get(subtask);
            if (state == null) {
                assertThat(file(entry, subtask)).doesNotExist();
            } else {
                assertThat(state).isEqualTo(Files.readAllBytes(file(entry, subtask)));
            }
        }
    }

    private static List<byte @Nullable []> write(OperatorSample sample) {
        List<byte @Nullable []> states = new ArrayList<>();
        for (int subtask = 0; subtask < OperatorSample.PARALLELISM; subtask++) {
            try (RunningChain chain = new RunningChain(sample, subtask, OperatorSample.PARALLELISM, List.of())) {
                sample.fill(chain);
                states.add(chain.cut());
            }
        }
        return states;
    }

    // ---- channels ------------------------------------------------------------------------------------------------

    /** Of two edges, as of a subtask with two inputs. */
    private static byte[] channels() {
        List<ChannelState> states = new ArrayList<>();
        for (int from = 0; from < 3; from++) {
            ElementLog log = new ElementLog(strings(), 1_000);
            for (int i = 0; i < from; i++) {
                log.append("element " + i + " of " + from, 1_000 - 7 * i);
                log.append(new Watermark(900 + i), 0);
            }
            states.add(new ChannelState(from < 2 ? 5 : 300, from, 800 + from, log.toByteArray()));
        }
        return ChannelState.encode(states);
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> strings() {
        return (Serde<Object>) (Serde<?>) Serdes.STRING;
    }

    @ParameterizedTest
    @MethodSource("entriesOfChannels")
    void everyEntryOfChannelsIsReplayed(Path entry) throws IOException {
        List<String> read = new ArrayList<>();
        for (ChannelState state : ChannelState.decode(Files.readAllBytes(file(entry, 0)))) {
            read.add("channel from " + state.from() + " on " + state.edge() + " at " + state.watermarkMillis());
            BinaryReader in = new BinaryReader(state.elements());
            ElementDecoder decoder = ElementLog.open(in, strings());
            while (in.remaining() > 0) {
                Object element = decoder.read(in);
                read.add(
                        element instanceof Watermark watermark
                                ? "watermark " + watermark.millis()
                                : element + " at " + decoder.timestampMillis());
            }
        }
        assertThat(read)
                .containsExactly(
                        "channel from 0 on 5 at 800",
                        "channel from 1 on 5 at 801",
                        "element 0 of 1 at 1000",
                        "watermark 900",
                        "channel from 2 on 300 at 802",
                        "element 0 of 2 at 1000",
                        "watermark 900",
                        "element 1 of 2 at 993",
                        "watermark 901");
    }

    @Test
    void theFormatOfTodayOfChannelsHasAnEntry() throws IOException {
        byte[] fresh = channels();
        Path entry = CORPUS.resolve(CHANNELS + head(fresh));
        assertThat(entry).as("Write the entry %s as for an operator", entry).isDirectory();
        assertThat(fresh).isEqualTo(Files.readAllBytes(file(entry, 0)));
    }

    // ---- entries -------------------------------------------------------------------------------------------------

    /** Not a test of anything: what writes the entries of a new format. */
    @Test
    @EnabledIfSystemProperty(named = WRITE, matches = "true")
    void writesTheEntriesThatAreMissing() throws IOException {
        for (OperatorSample sample : OperatorSample.values()) {
            addIfMissing(CORPUS.resolve(nameOf(sample)), write(sample));
        }
        byte[] channels = channels();
        addIfMissing(CORPUS.resolve(CHANNELS + head(channels)), List.of(channels));
    }

    private static void addIfMissing(Path entry, List<byte @Nullable []> states) throws IOException {
        if (Files.exists(entry)) {
            return;
        }
        Files.createDirectories(entry);
        for (int subtask = 0; subtask < states.size(); subtask++) {
            byte[] state = states.get(subtask);
            if (state != null) {
                Files.write(file(entry, subtask), state);
            }
        }
    }
}
