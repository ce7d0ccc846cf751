package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.cli.LogFollow.Source;
import io.selvage.client.cli.LogFollow.Wanted;
import io.selvage.client.connect.ContainerLogs.Look;
import io.selvage.client.connect.LogPiece;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogFollowTest {
    private static final String APPLICATION = "application_1_0001";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Cluster cluster = new Cluster();
    private long nowNanos;

    /** A cluster that is as the test says; owned by the test. */
    private static final class Cluster implements LogFollow.Sight {
        private final List<Source> sources = new ArrayList<>();
        private final Map<String, String> onNodes = new HashMap<>();
        private final Map<String, String> collected = new HashMap<>();
        private boolean isRunning = true;
        private String waitsFor = "a master";
        private @Nullable String end;
        private @Nullable ClientException away;
        private @Nullable Look noNode;

        void starts(String container, boolean isNew, String log) {
            sources.add(new Source(container, "node:1", isNew));
            onNodes.put(container, log);
        }

        void ends(String container) {
            sources.removeIf(source -> source.container().equals(container));
        }

        void writes(String container, String more) {
            onNodes.merge(container, more, String::concat);
        }

        @Override
        public Wanted wanted() {
            if (away != null) {
                throw away;
            }
            return new Wanted(sources, waitsFor, end);
        }

        @Override
        public Look onNode(Source source, int bytes) {
            String log = onNodes.get(source.container());
            return noNode != null ? noNode : log == null ? Look.failed("it was given away") : look(log, bytes);
        }

        @Override
        public Look collected(Source source, int bytes) {
            String log = collected.get(source.container());
            return log == null ? Look.failed("none is there") : look(log, bytes);
        }

        private Look look(String log, int bytes) {
            LogPiece end = FollowedLogTest.end(log.getBytes(StandardCharsets.UTF_8), bytes);
            return new Look(new LogPiece(end.bytes(), end.length(), isRunning), "", false);
        }
    }

    private LogFollow follow(boolean isJson) {
        return new LogFollow(cluster, APPLICATION, "x.log", 2, isJson, console(out));
    }

    /** Of one log, after a first look. */
    private LogFollow following(String log) {
        cluster.starts("c1", false, log);
        LogFollow follow = follow(false);
        assertThat(step(follow)).isTrue();
        return follow;
    }

    private Console console(OutputStream to) {
        return new Console(
                new PrintStream(to, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                80);
    }

    /** As often as places are looked at anew. */
    private boolean step(LogFollow follow) {
        nowNanos += LogFollow.PLACES_NANOS;
        return follow.step(nowNanos);
    }

    private String shown() {
        String text = out.toString(StandardCharsets.UTF_8);
        out.reset();
        return text;
    }

    private String said() {
        String text = err.toString(StandardCharsets.UTF_8);
        err.reset();
        return text;
    }

    @Test
    void oneLogIsShownAsItGrowsAndNothingElse() {
        cluster.starts("c1", false, "a\nb\nc\n");
        LogFollow follow = follow(false);
        assertThat(step(follow)).isTrue();
        assertThat(shown()).isEqualTo("b\nc\n");
        cluster.writes("c1", "d\ne");
        assertThat(step(follow)).isTrue();
        assertThat(shown()).isEqualTo("d\n");
        assertThat(said()).isEmpty();
    }

    @Test
    void theNextMasterIsFollowedFromItsBeginningOnceTheLastWordsOfTheOneBeforeAreShown() {
        LogFollow follow = following("a\n");
        cluster.writes("c1", "last words");
        cluster.isRunning = false;
        cluster.ends("c1");
        cluster.starts("c2", true, "1\n2\n3\n");
        assertThat(step(follow)).isTrue();
        assertThat(shown()).isEqualTo("a\nlast words\n==> c2 x.log <==\n1\n2\n3\n");
    }

    @Test
    void severalLogsAreToldApart() {
        cluster.starts("c1", false, "a\n");
        cluster.starts("c2", false, "1\n");
        LogFollow follow = follow(false);
        step(follow);
        cluster.writes("c2", "2\n");
        step(follow);
        cluster.writes("c1", "b\n");
        step(follow);
        assertThat(shown()).isEqualTo("==> c1 x.log <==\na\n==> c2 x.log <==\n1\n2\n==> c1 x.log <==\nb\n");
    }

    @Test
    void asJsonEachBatchIsALine() {
        cluster.starts("c1", false, "a\nb\n");
        step(follow(true));
        assertThat(shown()).isEqualTo("{\"container_id\": \"c1\", \"file\": \"x.log\", \"lines\": [\"a\", \"b\"]}\n");
    }

    @Test
    void aResourceManagerThatIsAwayIsSaidOnceWhileTheLogGoesOn() {
        LogFollow follow = following("a\n");
        cluster.away = new ClientException(ExitCode.NO_CLUSTER, "The ResourceManager does not answer.");
        for (int look = 0; look < 5; look++) {
            cluster.writes("c1", look + "\n");
            assertThat(step(follow)).isTrue();
        }
        assertThat(said()).isEqualTo("The ResourceManager does not answer. Waiting.\n");
        assertThat(shown()).isEqualTo("a\n0\n1\n2\n3\n4\n");
        cluster.away = null;
        step(follow);
        cluster.away = new ClientException(ExitCode.NO_CLUSTER, "Again.");
        step(follow);
        step(follow);
        assertThat(said()).as("the next absence is another one").isEqualTo("Again. Waiting.\n");
    }

    @Test
    void whatFailsAtTheFirstLookIsNotWaitedFor() {
        cluster.away = new ClientException(ExitCode.NO_CLUSTER, "Nobody.");
        LogFollow follow = follow(false);
        assertThatThrownBy(() -> step(follow)).hasMessage("Nobody.");
    }

    @Test
    void aNodeThatIsAwayIsSaidOnceAndNothingIsLost() {
        LogFollow follow = following("a\n");
        cluster.noNode = Look.failed("http://node:1 does not answer");
        cluster.writes("c1", "b\n");
        for (int look = 0; look < 4; look++) {
            assertThat(step(follow)).isTrue();
        }
        assertThat(said()).isEqualTo("The log of c1 can't be had now: http://node:1 does not answer. Waiting.\n");
        cluster.noNode = null;
        step(follow);
        assertThat(shown()).isEqualTo("a\nb\n");
    }

    @Test
    void aNodeThatWantsToKnowWhoAsksIsNotWaitedFor() {
        cluster.starts("c1", false, "a\n");
        cluster.noNode = new Look(null, "http://node:1 wants to know who asks (Kerberos)", true);
        LogFollow follow = follow(false);
        assertThatThrownBy(() -> step(follow)).hasMessageContaining("Kerberos").hasMessageContaining("yarn logs");
    }

    @Test
    void withoutAMasterTheNextOneIsWaitedFor() {
        LogFollow follow = follow(false);
        for (int look = 0; look < 3; look++) {
            assertThat(step(follow)).isTrue();
        }
        assertThat(said()).isEqualTo("Waiting for a master.\n");
    }

    /** A ResourceManager that has just started does not know of a container what its node knows. */
    @Test
    void aContainerThatItsNodeStillRunsHasNotEnded() {
        LogFollow follow = following("a\n");
        Source source = cluster.sources.remove(0);
        for (int look = 0; look < 10; look++) {
            cluster.writes("c1", look + "\n");
            assertThat(step(follow)).isTrue();
        }
        cluster.sources.add(source);
        cluster.writes("c1", "b\n");
        step(follow);
        assertThat(shown()).isEqualTo("a\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nb\n");
    }

    @Test
    void ofOneContainerAloneItEndsWithThat() throws Exception {
        cluster.waitsFor = "";
        LogFollow follow = following("a\n");
        cluster.ends("c1");
        cluster.isRunning = false;
        cluster.writes("c1", "b\n");
        assertThat(step(follow)).isFalse();
        assertThat(shown()).isEqualTo("a\nb\n");
        assertThat(said()).isEmpty();
        assertThat(follow.untilEnd(() -> false)).isEqualTo(ExitCode.OK);
    }

    @Test
    void atTheEndItShowsWhatThereIsFromTheNodeAndEnds() {
        LogFollow follow = following("a\n");
        cluster.ends("c1");
        cluster.end = "The session has ended.";
        assertThat(step(follow)).as("its process has not").isTrue();
        cluster.writes("c1", "b\n");
        cluster.isRunning = false;
        assertThat(step(follow)).isFalse();
        assertThat(shown()).isEqualTo("a\nb\n");
        assertThat(said()).isEqualTo("The session has ended.\n");
    }

    @Test
    void atTheEndItShowsWhatWasCollectedIfTheNodeHasGivenItAway() {
        LogFollow follow = following("a\n");
        cluster.ends("c1");
        cluster.end = "The session has ended.";
        cluster.onNodes.clear();
        cluster.isRunning = false;
        cluster.collected.put("c1", "a\nb\n");
        assertThat(step(follow)).isFalse();
        assertThat(shown()).isEqualTo("a\nb\n");
    }

    @Test
    void anEndThatIsNowhereIsSaidToBeMissing() throws Exception {
        LogFollow follow = following("a\n");
        cluster.ends("c1");
        cluster.end = "The session has ended.";
        cluster.onNodes.clear();
        int looks = 0;
        while (step(follow)) {
            looks++;
        }
        assertThat(looks * LogFollow.PLACES_NANOS).isLessThanOrEqualTo(LogFollow.END_NANOS + LogFollow.PLACES_NANOS);
        assertThat(said()).contains("The end of it is missing", "yarn logs -applicationId " + APPLICATION);
        assertThat(follow.untilEnd(() -> false)).isEqualTo(ExitCode.NOT_SHOWN);
    }

    @Test
    void aJobsEndWaitsForWhatIsSaidOfItAndNotForItsExecutorsEnd() {
        LogFollow follow = following("a\n");
        cluster.writes("c1", "b\n");
        cluster.end = "The job has ended.";
        assertThat(step(follow)).isTrue();
        cluster.writes("c1", "closed\n");
        assertThat(step(follow)).isFalse();
        assertThat(shown()).isEqualTo("a\nb\nclosed\n");
    }

    @Test
    void aNodeThatIsAwayForAMomentAtAJobsEndIsWaitedFor() throws Exception {
        LogFollow follow = following("a\n");
        cluster.writes("c1", "b\n");
        cluster.end = "The job has ended.";
        cluster.noNode = Look.failed("http://node:1 does not answer");
        assertThat(step(follow)).isTrue();
        assertThat(step(follow)).isTrue();
        cluster.noNode = null;
        assertThat(step(follow)).isFalse();
        assertThat(shown()).isEqualTo("a\nb\n");
        assertThat(follow.untilEnd(() -> false)).isEqualTo(ExitCode.OK);
    }

    @Test
    void itEndsIfNobodyReadsOn() throws Exception {
        cluster.starts("c1", false, "a\n");
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int each) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        LogFollow follow = new LogFollow(cluster, APPLICATION, "x.log", 2, false, console(closed));
        assertThat(follow.untilEnd(() -> false)).isEqualTo(ExitCode.OK);
    }

    @Test
    void itEndsIfThePersonLeaves() throws Exception {
        cluster.starts("c1", false, "a\n");
        assertThat(follow(false).untilEnd(() -> true)).isEqualTo(ExitCode.INTERRUPTED);
    }
}
