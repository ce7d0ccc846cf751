package io.selvage.minicluster.throughput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.minicluster.throughput.program.Elements;
import io.selvage.minicluster.throughput.program.Expected;
import io.selvage.minicluster.throughput.program.Latencies;
import io.selvage.minicluster.throughput.program.Pace;
import io.selvage.minicluster.throughput.program.Small;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThroughputTest {
    @TempDir
    Path directory;

    @Test
    void percentilesAreThoseOfTheSortedTimesToAFewPercent() {
        Random random = new Random(7);
        Latencies latencies = new Latencies();
        long[] micros = random.longs(50_000, 0, 1L << 33)
                .map(each -> each >> random.nextInt(34))
                .toArray();
        Arrays.stream(micros).forEach(latencies::add);
        Arrays.sort(micros);
        for (double share : new double[] {0, 0.1, 0.5, 0.9, 0.99, 0.9999, 1}) {
            long exact = micros[Math.max(0, (int) Math.ceil(share * micros.length) - 1)];
            assertThat(latencies.percentile(share)).as("%s", share).isBetween(exact, exact + exact / 32 + 1);
        }
        assertThat(latencies.count()).isEqualTo(micros.length);
    }

    @Test
    void latenciesAddUpByTheirBuckets() {
        Latencies one = new Latencies();
        one.add(5);
        one.add(70_000);
        Latencies all = new Latencies();
        long[] counts = one.counts();
        for (int bucket = 0; bucket < counts.length; bucket++) {
            all.add(bucket, 2 * counts[bucket]);
        }
        assertThat(all.count()).isEqualTo(4);
        assertThat(all.percentile(0.5)).isEqualTo(5);
        assertThat(all.percentile(1)).isEqualTo(one.percentile(1)).isBetween(70_000L, 72_000L);
    }

    @Test
    void whatIsToBeThereIsThereBeforeAnythingElse() {
        Elements<Small> elements = new Elements<>(Small.class, 2, 1001, true, new Pace(0, 0), "");
        Set<Long> keys = new HashSet<>();
        for (long sequence = 0; sequence < elements.prefill(); sequence++) {
            keys.add(elements.key(0, sequence));
            keys.add(elements.key(1, sequence));
        }
        assertThat(keys).hasSize(1001);
    }

    @Test
    void countsAreExpectedToGoUpOneByOne() {
        Expected counted = Expected.of("count", 2, 1, false, List.of(3L, 2L));
        assertThat(counted).isEqualTo(new Expected(5, 1 + 2 + 3 + 4 + 5));
        assertThat(Expected.of("window", 2, 1, false, List.of(3L, 2L)).sum()).isEqualTo(5);
        assertThat(Expected.of("pass", 2, 10, false, List.of(3L, 2L)).sum())
                .as("a record more or less shows")
                .isNotEqualTo(Expected.of("pass", 2, 10, false, List.of(3L, 3L)).sum());
    }

    @Test
    void recordsBetweenTwoNotesAreToldInProportion() throws IOException {
        Files.writeString(directory.resolve("reader-0.csv"), "1000,0\n2000,100\n3000,400\n3500,50");
        Files.writeString(directory.resolve("reader-1.csv"), "1000,0\n3000,20\n");
        Files.writeString(directory.resolve("sink-0.csv"), "7,28\n0,7\n");
        Measured measured = new Measured(directory);
        assertThat(measured.recordsBy(2500)).isEqualTo(250 + 15);
        assertThat(measured.ends()).containsExactly(400L, 20L);
        assertThat(measured.output().records()).isEqualTo(7);
        assertThat(measured.output().latencies().percentile(1)).isEqualTo(1);
    }

    @Test
    void memoryIsWhatTheKernelCounts() throws IOException {
        List<String> status = List.of("Name:\tjava", "VmPeak:\t 9000000 kB", "VmHWM:\t 2097152 kB", "VmRSS:\t 1024 kB");
        assertThat(ThroughputBenchmark.kibibytes("VmHWM:", status)).isEqualTo(2_097_152);
        assertThatThrownBy(() -> ThroughputBenchmark.kibibytes("VmHWM:", List.of("Name:\tjava")))
                .hasMessageContaining("VmHWM:");
        assertThat(ThroughputBenchmark.kibibytes("VmHWM:", Files.readAllLines(Path.of("/proc/self/status"))))
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "--seconds 5|There is no workload.",
                "dance|There is no workload dance.",
                "pass --records huge|--records is one of big, small, and not 'huge'.",
                "pass --seconds soon|--seconds needs a whole number, and 'soon' is none.",
                "pass --seconds|No value follows --seconds.",
                "pass --hurry 5|There is no option --hurry.",
                "pass -D key|'key' is not a setting",
            })
    void aCommandLineThatIsWrongIsToldWhy(String words, String reason) {
        assertThatThrownBy(() -> ThroughputSettings.parse(directory, List.of(words.split(" "))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(reason)
                .hasMessageContaining("Usage: benchmark.sh");
    }

    @Test
    void optionsComeBeforeWhatAWorkloadIs() {
        ThroughputSettings settings = ThroughputSettings.parse(
                directory, List.of("latency", "--rate", "1000", "-D", "selvage.checkpoint.interval=5s", "--json"));
        assertThat(settings.rate()).isEqualTo(1000);
        assertThat(settings.keys()).isEqualTo(Work.LATENCY.keys);
        assertThat(settings.options()).containsEntry("selvage.checkpoint.interval", "5s");
        assertThat(settings.json()).isTrue();
    }
}
