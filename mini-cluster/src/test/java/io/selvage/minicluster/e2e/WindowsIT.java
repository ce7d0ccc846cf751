package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.e2e.WindowsProgram.Event;
import io.selvage.minicluster.e2e.WindowsProgram.Sum;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.stream.LongStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Windows and joins of each kind, in one job, of which a container is killed in the midst, against an oracle: once with
 * its state in the heap and once with it in RocksDB, side by side, so that one kill is for both.
 */
class WindowsIT {
    private static final String FROM = "the test";
    /** Until the kill: the events last for two minutes, time for checkpoints on a slow machine too. */
    private static final double EVENTS_PER_SECOND = WindowsProgram.EVENTS / 120.0;

    private static final List<String> BACKENDS = List.of("heap", "rocksdb");

    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @TempDir
    static Path scratch;

    @Test
    void eachKindTakesEveryEventOnceThoughAContainerIsKilled() throws Exception {
        Configuration settings = Configuration.defaults()
                .with(ShortLived.SETTINGS, FROM)
                .with(
                        Map.of(
                                "selvage.executor.minimum", "2",
                                "selvage.executor.slots", "2",
                                "selvage.executor.memory", "1g",
                                "selvage.master.memory", "512m",
                                "selvage.network.bind-host", "127.0.0.1",
                                "selvage.checkpoint.interval", "500ms",
                                "selvage.parallelism.default", "2"),
                        FROM);
        Path home = Path.of("..").toAbsolutePath().normalize();
        Path user = Files.createDirectory(scratch.resolve("user"));
        try (FileSystem files = FileSystem.newInstance(HADOOP.cluster().hadoopConfiguration());
                SelvageClient client = SelvageClient.of(home, HADOOP.cluster().configurationFolder(), user);
                Session session = client.open(settings, OpenObserver.SILENT)) {
            org.apache.hadoop.fs.Path output = new org.apache.hadoop.fs.Path(files.getHomeDirectory(), "windows-it");
            // Then each job is spread over two, of which one has a slot of both.
            Commands.await("executors", session::describe, now -> now.getExecutorsCount() >= 2);
            Path jar = jar();
            List<String> jobs = new ArrayList<>();
            for (String backend : BACKENDS) {
                Configuration own = settings.with(Map.of("selvage.state.backend", backend), FROM);
                Program program = program(jar, new org.apache.hadoop.fs.Path(output, backend));
                jobs.add(session.submit(program, own, id -> {}).get(0));
            }
            for (String job : jobs) {
                Commands.await("checkpoints before the kill", () -> session.job(job), now -> {
                    assertThat(now.getPhase()).as(now.toString()).isNotIn(JobPhase.FAILED, JobPhase.FINISHED);
                    return now.getCheckpointsCompleted() >= 2;
                });
            }
            ExecutorDescription victim = session.describe().getExecutorsList().stream()
                    .filter(executor -> executor.getBusySlots() == BACKENDS.size())
                    .findFirst()
                    .orElseThrow();
            assertThat(ProcessHandle.of(victim.getPid()).orElseThrow().destroyForcibly())
                    .isTrue();
            Files.createFile(letGo());
            for (String job : jobs) {
                JobDescription end = session.awaitEnd(job, JobObserver.SILENT);
                assertThat(end.getPhase()).as(end.toString()).isEqualTo(JobPhase.FINISHED);
                assertThat(end.getRestarts()).as("the kill was in the midst").isPositive();
                assertThat(end.getRecordsLate()).isZero();
            }

            for (Map.Entry<String, List<String>> kind : expected().entrySet()) {
                assertThat(kind.getValue()).as(kind.getKey()).hasSizeGreaterThan(1_000);
                for (String backend : BACKENDS) {
                    String rows = backend + "/" + kind.getKey();
                    assertThat(rows(files, new org.apache.hadoop.fs.Path(output, rows)))
                            .as(rows)
                            .isEqualTo(kind.getValue());
                }
            }
            session.stop("the test is done");
        }
    }

    private static Path jar() throws IOException {
        return TestJar.write(
                scratch.resolve("windows.jar"),
                List.of(
                        WindowsProgram.class,
                        Event.class,
                        Sum.class,
                        WindowsProgram.Summing.class,
                        WindowsProgram.Pairing.class,
                        WindowsProgram.Grouping.class,
                        HeldBack.class,
                        HeldBack.Reader.class));
    }

    private static Program program(Path jar, org.apache.hadoop.fs.Path output) throws IOException {
        return new Program(
                ProgramJar.open(jar, WindowsProgram.class.getName()),
                List.of(
                        output.toString(),
                        Double.toString(EVENTS_PER_SECOND),
                        letGo().toAbsolutePath().toString()));
    }

    private static Path letGo() {
        return scratch.resolve("let-go");
    }

    /** The lines that a reader of a directory sees, sorted. */
    private static List<String> rows(FileSystem files, org.apache.hadoop.fs.Path directory) throws IOException {
        List<String> rows = new ArrayList<>();
        for (FileStatus file :
                files.listStatus(directory, path -> !path.getName().startsWith("_"))) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(files.open(file.getPath()), StandardCharsets.UTF_8))) {
                in.lines().forEach(rows::add);
            }
        }
        rows.sort(null);
        return rows;
    }

    // ---- the oracle ----------------------------------------------------------------------------------------------

    private static Map<String, List<String>> expected() {
        Map<String, List<String>> expected = new HashMap<>();
        long size = WindowsProgram.SIZE_MILLIS;
        expected.put("tumbling", ofEachKey((events, rows) -> sums(events, size, size, rows)));
        expected.put("two-stage", expected.get("tumbling"));
        expected.put("sliding", ofEachKey((events, rows) -> sums(events, size, WindowsProgram.SLIDE_MILLIS, rows)));
        expected.put("session", ofEachKey(WindowsIT::sessions));
        expected.put("global", ofEachKey(WindowsIT::everySoMany));
        expected.put("interval-join", pairs((left, right) -> {
            long ahead = right.timeMillis() - left.timeMillis();
            return ahead >= WindowsProgram.LOWER_MILLIS && ahead <= WindowsProgram.UPPER_MILLIS;
        }));
        expected.put("window-join", pairs((left, right) -> start(left) == start(right)));
        expected.put("co-group", groups());
        return expected;
    }

    private static long start(Event event) {
        return Math.floorDiv(event.timeMillis(), WindowsProgram.SIZE_MILLIS);
    }

    /** In the order of their numbers. */
    private static List<Event> events(int stream, int key) {
        return LongStream.range(0, WindowsProgram.EVENTS)
                .mapToObj(number -> Event.of(stream, number))
                .filter(event -> event.key() == key)
                .toList();
    }

    private static List<String> ofEachKey(BiConsumer<List<Event>, List<String>> maker) {
        List<String> rows = new ArrayList<>();
        for (int key = 0; key < WindowsProgram.KEYS; key++) {
            maker.accept(events(0, key), rows);
        }
        rows.sort(null);
        return rows;
    }

    private static Sum sum(List<Event> events) {
        return new Sum(events.size(), events.stream().mapToLong(Event::value).sum());
    }

    /** Of every window that could have an event, whether or not it has. */
    private static void sums(List<Event> events, long size, long slide, List<String> rows) {
        long last = events.stream().mapToLong(Event::timeMillis).max().orElseThrow();
        for (long first = -size / slide * slide; first <= last; first += slide) {
            long start = first;
            List<Event> within = events.stream()
                    .filter(event -> event.timeMillis() >= start && event.timeMillis() < start + size)
                    .toList();
            if (!within.isEmpty()) {
                rows.add(WindowsProgram.row(within.get(0).key(), start, start + size, sum(within)));
            }
        }
    }

    private static void sessions(List<Event> events, List<String> rows) {
        List<Event> inTime = new ArrayList<>(events);
        inTime.sort(Comparator.comparingLong(Event::timeMillis));
        int from = 0;
        for (int at = 1; at <= inTime.size(); at++) {
            long end = inTime.get(at - 1).timeMillis() + WindowsProgram.GAP_MILLIS;
            if (at == inTime.size() || inTime.get(at).timeMillis() > end) {
                Event first = inTime.get(from);
                rows.add(WindowsProgram.row(first.key(), first.timeMillis(), end, sum(inTime.subList(from, at))));
                from = at;
            }
        }
    }

    private static void everySoMany(List<Event> events, List<String> rows) {
        for (int at = WindowsProgram.COUNT; at <= events.size(); at += WindowsProgram.COUNT) {
            rows.add(WindowsProgram.row(events.get(0).key(), 0, 0, sum(events.subList(at - WindowsProgram.COUNT, at))));
        }
    }

    private static List<String> pairs(BiPredicate<Event, Event> belong) {
        List<String> rows = new ArrayList<>();
        for (int key = 0; key < WindowsProgram.KEYS; key++) {
            List<Event> others = events(1, key);
            for (Event left : events(0, key)) {
                for (Event right : others) {
                    if (belong.test(left, right)) {
                        rows.add(WindowsProgram.pair(left, right));
                    }
                }
            }
        }
        rows.sort(null);
        return rows;
    }

    private static List<String> groups() {
        List<String> rows = new ArrayList<>();
        for (int key = 0; key < WindowsProgram.KEYS; key++) {
            Map<Long, Sum[]> windows = new HashMap<>();
            for (int stream = 0; stream < 2; stream++) {
                for (Event event : events(stream, key)) {
                    Sum[] both =
                            windows.computeIfAbsent(start(event), start -> new Sum[] {new Sum(0, 0), new Sum(0, 0)});
                    both[stream] = both[stream].plus(new Sum(1, event.value()));
                }
            }
            for (Sum[] both : windows.values()) {
                rows.add(WindowsProgram.group(key, both[0], both[1]));
            }
        }
        rows.sort(null);
        return rows;
    }
}
