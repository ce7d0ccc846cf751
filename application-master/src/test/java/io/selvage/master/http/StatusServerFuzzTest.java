package io.selvage.master.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.loop.Doors;
import io.selvage.master.loop.ScriptedLoop;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What strangers may send to the status port, over sockets: 100,000 connections, each made of a seed of its own, as the
 * server takes one request of each. A failure names the seed; {@code -Dselvage.fuzz.seed=N} begins with that one.
 */
@Timeout(300)
class StatusServerFuzzTest {
    private static final long FIRST_SEED = Long.getLong("selvage.fuzz.seed", 1);
    private static final int INPUTS = 100_000;
    private static final int STRANGERS = 4;
    /** Half-open ones that a stranger holds: together more than the server has places. */
    private static final int HELD = 48;
    /** Addresses of this host that strangers come from: one would run out of ports. */
    private static final int ADDRESSES = 16;

    /** For sockets that a stranger is at, and what a JVM may open meanwhile for itself. */
    private static final int SPARE_DESCRIPTORS = 2 * STRANGERS + 16;

    private static final int ANSWERS_PER_THREAD_DUMP = 200;
    private static final long SPARE_HEAP_BYTES = 48L << 20;
    private static final int ASKED_IN_VAIN = 20_000;
    /** Fewer than may wait to be accepted. */
    private static final int ASKED_AT_ONCE = 64;

    private static final String APPLICATION = "application_7_7";
    private static final String END = "\r\n\r\n";
    private static final String HOST = "\r\nHost: x";
    private static final String ANSWER = "HTTP/1.1 ";

    /** Of what the page says of jobs: more than sockets hold. */
    private static final int LARGE = 6 << 20;

    private static final int NON_READERS = 40;

    private final Doors doors = new Doors();
    private ScriptedLoop loop = loop("job");
    private StatusServer server;

    private static ScriptedLoop loop(String nameOfJob) {
        return new ScriptedLoop(
                SessionDescription.newBuilder().setApplicationId(APPLICATION).build(),
                ListJobsResponse.newBuilder()
                        .addJobs(
                                JobDescription.newBuilder().setJobId("job-fuzz").setName(nameOfJob))
                        .build());
    }

    @BeforeEach
    void start() throws IOException {
        server = StatusServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loop.questions(), doors, anybody -> true);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.stop();
        loop.close();
    }

    /** What a stranger does once he has sent it. */
    private enum Then {
        READ,
        /** He is done with sending, and says so. */
        HALF_CLOSE,
        CLOSE,
        RESET,
        /** And keeps it, as long as others do. */
        HOLD
    }

    /**
     * What one connection sends.
     *
     * @param pieces each is sent on its own
     * @param statuses one of which is answered; empty: it is hung up on without a word. Nothing is said of what a
     *     stranger sees who has not read, or who sends more than is taken from him.
     * @param leastRefused how often it is counted, at the least
     */
    private record Input(List<byte[]> pieces, Then then, Set<Integer> statuses, int leastRefused, int mostRefused) {
        static Input answered(String text, int... statuses) {
            Set<Integer> known = Set.copyOf(Arrays.stream(statuses).boxed().toList());
            int refused = known.contains(400) || known.contains(431) ? 1 : 0;
            return new Input(List.of(latin(text)), Then.READ, known, refused, refused);
        }

        static Input cutShort(String text) {
            return new Input(List.of(latin(text)), Then.HALF_CLOSE, Set.of(), 1, 1);
        }

        Input then(Then next) {
            return new Input(pieces, next, statuses, leastRefused, mostRefused);
        }

        Input with(List<byte[]> otherPieces) {
            return new Input(otherPieces, then, statuses, leastRefused, mostRefused);
        }
    }

    @Test
    void strangersAreRefusedAndCountedWhileOthersAreAnswered() throws Exception {
        assertThat(get("/api/session")).startsWith("HTTP/1.1 200").contains(APPLICATION);
        long heap = usedHeap();
        long descriptors = descriptors();
        int threads = Thread.activeCount();
        AtomicLong least = new AtomicLong();
        AtomicLong most = new AtomicLong();
        AtomicLong mostDescriptors = new AtomicLong();
        long answered = 0;
        ExecutorService strangers = Executors.newFixedThreadPool(STRANGERS);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < STRANGERS; i++) {
            int first = i;
            all.add(strangers.submit((Callable<Void>) () -> {
                attack(first, least, most);
                return null;
            }));
        }
        while (!all.stream().allMatch(Future::isDone)) {
            String answer = get(answered % 2 == 0 ? "/api/session" : "/");
            assertThat(answer).startsWith("HTTP/1.1 200").contains(APPLICATION);
            if (answered % ANSWERS_PER_THREAD_DUMP == 0) { // It stops all threads.
                assertThat(countOf("master-http")).isEqualTo(1);
            }
            mostDescriptors.accumulateAndGet(descriptors(), Math::max);
            answered++;
        }
        for (Future<?> each : all) {
            rethrown(each);
        }
        strangers.shutdown();
        assertThat(strangers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();

        assertThat(answered).as("others were answered meanwhile").isGreaterThan(100);
        assertThat(mostDescriptors.get() - descriptors)
                .as("the server's, and the strangers' own")
                .isBetween(
                        (long) StatusServer.MAX_CONNECTIONS,
                        (long) StatusServer.MAX_CONNECTIONS + STRANGERS * HELD + SPARE_DESCRIPTORS);
        awaitTrue(
                "all are counted",
                () -> doors.status().total() >= least.get() && descriptors() <= descriptors + SPARE_DESCRIPTORS);
        assertThat(doors.status().total()).isBetween(least.get(), most.get());
        assertThat(usedHeap() - heap).as("what is left of them").isLessThan(SPARE_HEAP_BYTES);
        awaitTrue("their threads have ended", () -> Thread.activeCount() <= threads);
        assertThat(get("/api/session")).startsWith("HTTP/1.1 200").contains(APPLICATION);
    }

    @Test
    void keepsNothingOfWhoHasGoneWhileTheLoopIsSilent() throws Exception {
        assertThat(get("/")).startsWith("HTTP/1.1 200");
        loop.hold();
        long heap = usedHeap();
        byte[] request = latin("GET / HTTP/1.1" + HOST + END);
        for (int i = 0; i < ASKED_IN_VAIN; i++) {
            try (Socket socket = connect(i)) {
                socket.getOutputStream().write(request);
            }
            if (i % ASKED_AT_ONCE == 0) { // The server has accepted all before it.
                assertThat(get("/nothing")).startsWith("HTTP/1.1 404");
            }
        }
        assertThat(get("/api/session")).as("the loop is held").startsWith("HTTP/1.1 503");
        assertThat(usedHeap() - heap).isLessThan(SPARE_HEAP_BYTES);
        loop.release();
        assertThat(get("/api/session")).startsWith("HTTP/1.1 200").contains(APPLICATION);
    }

    @Test
    void keepsOnlySoMuchForWhoDoesNotRead() throws Exception {
        stop();
        loop = loop("j".repeat(LARGE));
        start();
        assertThat(get("/api/jobs").length()).isGreaterThan(LARGE);
        long heap = usedHeap();
        List<Socket> nonReaders = new ArrayList<>();
        try {
            for (int i = 0; i < NON_READERS; i++) {
                Socket socket = new Socket();
                nonReaders.add(socket);
                socket.setReceiveBufferSize(4096);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
                socket.getOutputStream().write(latin("GET /api/jobs HTTP/1.1" + HOST + END));
                awaitTrue("it has an answer of its own", () -> available(socket) > 0);
            }
            assertThat(get("/api/jobs").length()).isGreaterThan(LARGE);
            assertThat(usedHeap() - heap).isLessThan(StatusServer.MAX_UNREAD_BYTES + SPARE_HEAP_BYTES);
            assertThat(doors.status().total())
                    .as("all but as many as there is room for")
                    .isGreaterThanOrEqualTo(NON_READERS - StatusServer.MAX_UNREAD_BYTES / LARGE);
        } finally {
            for (Socket each : nonReaders) {
                each.close();
            }
        }
    }

    private void attack(int first, AtomicLong least, AtomicLong most) throws IOException {
        Deque<Socket> held = new ArrayDeque<>();
        try {
            for (int i = first; i < INPUTS; i += STRANGERS) {
                long seed = FIRST_SEED + i;
                Input input = input(new Random(seed));
                least.addAndGet(input.leastRefused());
                most.addAndGet(input.mostRefused());
                try {
                    send(input, seed, held);
                } catch (IOException | RuntimeException | AssertionError failed) {
                    throw new AssertionError("Seed " + seed, failed);
                }
            }
        } finally {
            for (Socket each : held) {
                each.close();
            }
        }
    }

    private void send(Input input, long seed, Deque<Socket> held) throws IOException {
        Socket socket = connect(seed);
        try (Socket closing = input.then() == Then.HOLD ? new Socket() : socket) {
            try {
                OutputStream out = socket.getOutputStream();
                for (byte[] piece : input.pieces()) {
                    out.write(piece);
                }
            } catch (SocketException hungUp) {
                if (input.then() != Then.CLOSE) {
                    throw hungUp;
                }
            }
            switch (input.then()) {
                case READ -> assertAnswer(socket, input.statuses());
                case HALF_CLOSE -> {
                    socket.shutdownOutput();
                    assertAnswer(socket, input.statuses());
                }
                case RESET -> socket.setSoLinger(true, 0);
                case CLOSE -> {}
                case HOLD -> {
                    held.add(socket);
                    if (held.size() > HELD) {
                        held.remove().close();
                    }
                }
            }
        }
    }

    private static void assertAnswer(Socket socket, Set<Integer> statuses) throws IOException {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        if (statuses.isEmpty()) {
            assertThat(answer).isEmpty();
            return;
        }
        assertThat(answer).startsWith(ANSWER);
        assertThat(Integer.parseInt(answer.substring(ANSWER.length(), ANSWER.length() + 3)))
                .isIn(statuses);
        assertThat(answer.lastIndexOf(ANSWER)).as("one answer").isZero();
        if (!statuses.contains(200)) {
            assertThat(answer).doesNotContain(APPLICATION);
        }
    }

    // ---- what they send ---------------------------------------------------------------------------------------------

    private static Input input(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> inPieces(random, Input.answered(sound(random) + HOST + END, 200));
            case 1 -> Input.answered(sound(random) + HOST + END, 200).then(Then.HALF_CLOSE);
            case 2 ->
                Input.answered("GET /" + noise(random, 'a', 'z', 1 + random.nextInt(200)) + " HTTP/1.1" + END, 404);
            case 3 -> otherMethod(random);
            case 4 -> Input.answered("GET /" + noise(random, '!', '~', tooMuch(random)), 431);
            case 5 -> Input.answered(sound(random) + "\r\nA: " + noise(random, ' ', '~', tooMuch(random)), 431);
            case 6 -> Input.answered(sound(random) + "\r\nA: b".repeat(tooMuch(random) / 6 + 1), 431);
            case 7 -> Input.cutShort("GET /" + noise(random, '!', '~', random.nextInt(HttpRequest.MAX_BYTES - 5)));
            case 8 -> badlyChunked(random);
            case 9 -> contradictory(random);
            case 10 -> pipelined(random);
            case 11 -> noHeaders(random);
            case 12 -> anotherProtocol(random);
            case 13 -> noise(random);
            case 14 -> damaged(random);
            case 15 -> {
                String sound = sound(random) + HOST + END;
                yield inPieces(random, Input.cutShort(sound.substring(0, 1 + random.nextInt(sound.length() - 1))));
            }
            case 16 -> Input.cutShort(sound(random) + HOST + "\r\n").then(Then.RESET);
            case 17 -> new Input(List.of(latin(sound(random) + HOST + END)), Then.RESET, Set.of(), 0, 1);
            case 18 -> Input.cutShort("").then(random.nextBoolean() ? Then.CLOSE : Then.HALF_CLOSE);
            default -> {
                String sound = sound(random) + HOST + END;
                yield Input.cutShort(sound.substring(0, random.nextInt(sound.length())))
                        .then(Then.HOLD);
            }
        };
    }

    private static String sound(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> "GET / HTTP/1.1";
            case 1 -> "GET /api/jobs?" + random.nextInt() + " HTTP/1.0";
            case 2 -> "HEAD /api/session HTTP/1.1";
            default -> "GET /api/session HTTP/1.1";
        };
    }

    private static Input otherMethod(Random random) {
        List<String> methods = List.of("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND");
        String body = noise(random, '\0', '\u00ff', random.nextInt(20_000));
        return Input.answered(
                methods.get(random.nextInt(methods.size())) + " / HTTP/1.1" + HOST + "\r\nContent-Length: "
                        + body.length() + END + body,
                405);
    }

    /** What follows the headers is no business of the server's. */
    private static Input badlyChunked(Random random) {
        boolean isPost = random.nextBoolean();
        List<String> sizes = List.of("-1", "FFFFFFFFFFFFFFFF", "0x5", "", "5 ;", "zz", "00000000000000000000005", "\0");
        StringBuilder body = new StringBuilder();
        for (int i = random.nextInt(20); i >= 0; i--) {
            body.append(sizes.get(random.nextInt(sizes.size())))
                    .append(random.nextBoolean() ? "\r\n" : "\n")
                    .append(noise(random, '\0', '\u00ff', random.nextInt(50)));
        }
        return Input.answered(
                (isPost ? "POST / HTTP/1.1" : sound(random)) + HOST + "\r\nTransfer-Encoding: chunked" + END + body,
                isPost ? 405 : 200);
    }

    /** What one server takes for a body, and another for the next request, is neither. */
    private static Input contradictory(Random random) {
        String hidden = "GET /nothing HTTP/1.1" + HOST + END;
        String lengths = switch (random.nextInt(4)) {
            case 0 -> "\r\nContent-Length: 5\r\nContent-Length: " + hidden.length();
            case 1 -> "\r\nContent-Length: " + hidden.length() + "\r\nTransfer-Encoding: chunked";
            case 2 -> "\r\nContent-Length: -" + random.nextInt(1000);
            default -> "\r\nContent-Length: 99999999999999999999";
        };
        return inPieces(random, Input.answered(sound(random) + HOST + lengths + END + "0" + END + hidden, 200));
    }

    private static Input pipelined(Random random) {
        StringBuilder text = new StringBuilder(sound(random) + HOST + END);
        boolean isMuch = random.nextInt(8) == 0;
        int length = isMuch ? 100_000 + random.nextInt(200_000) : random.nextInt(20_000);
        while (text.length() < length) {
            text.append(
                    random.nextBoolean()
                            ? sound(random) + HOST + END
                            : noise(random, '\0', '\u00ff', random.nextInt(500)));
        }
        Input input = Input.answered(text.toString(), 200);
        return isMuch ? new Input(input.pieces(), Then.CLOSE, Set.of(), 0, 1) : input;
    }

    private static Input noHeaders(Random random) {
        List<String> lines = List.of(
                "no header",
                " folded: x",
                "\tfolded",
                ": nameless",
                "Host : x",
                "Host:\0",
                "A: b\nB: c",
                "A: b\rB: c",
                "A: \u007f",
                "A: \u001b[2J",
                "\u00e9: x",
                "A\0: x");
        return inPieces(
                random,
                Input.answered(
                        sound(random) + HOST + "\r\n" + lines.get(random.nextInt(lines.size())) + HOST + END, 400));
    }

    private static Input anotherProtocol(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Input.answered("PRI * HTTP/2.0" + END + "SM" + END, 400);
            case 1 -> Input.answered("CONNECT example:443 HTTP/1.1" + HOST + END, 400);
            case 2 -> Input.answered("GET http://example/ HTTP/1.1" + HOST + END, 400);
            case 3 -> Input.cutShort("GET /\r\n");
            case 4 -> Input.cutShort("SSH-2.0-OpenSSH_9.6\r\n");
            default -> Input.cutShort("\u0016\u0003\u0001" + noise(random, '\0', '\u0009', 300));
        };
    }

    private static Input noise(Random random) {
        return asParsed(latin(noise(random, '\0', '\u00ff', random.nextInt(2 * HttpRequest.MAX_BYTES))));
    }

    private static Input damaged(Random random) {
        byte[] bytes = latin(sound(random) + HOST + "\r\nAccept: */*" + END);
        for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return asParsed(bytes);
    }

    /** As {@link HttpRequest}, which {@link HttpFuzzTest} is about, understands it. */
    private static Input asParsed(byte[] bytes) {
        Input input;
        int end = HttpRequest.end(bytes, Math.min(bytes.length, HttpRequest.MAX_BYTES));
        if (end == 0) {
            input = bytes.length < HttpRequest.MAX_BYTES ? Input.cutShort("") : Input.answered("", 431);
        } else {
            try {
                String method = HttpRequest.parse(bytes, end).method();
                input = Input.answered("", method.equals("GET") || method.equals("HEAD") ? 200 : 405, 404);
            } catch (HttpRequest.Malformed malformed) {
                input = Input.answered("", 400);
            }
        }
        return input.with(List.of(bytes));
    }

    /** One after the other, the last ones each a byte. */
    private static Input inPieces(Random random, Input input) {
        byte[] all = input.pieces().get(0);
        List<byte[]> pieces = new ArrayList<>();
        int from = Math.max(0, all.length - 1 - random.nextInt(16));
        pieces.add(Arrays.copyOf(all, from));
        for (int i = from; i < all.length; i++) {
            pieces.add(new byte[] {all[i]});
        }
        return input.with(pieces);
    }

    /** Beyond the limit for a request, and less than is read of what follows it. */
    private static int tooMuch(Random random) {
        return HttpRequest.MAX_BYTES + random.nextInt(40_000);
    }

    private static String noise(Random random, char least, char most, int length) {
        StringBuilder noise = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            noise.append((char) (least + random.nextInt(most - least + 1)));
        }
        return noise.toString();
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    // ---- the means --------------------------------------------------------------------------------------------------

    private Socket connect(long seed) throws IOException {
        InetAddress from =
                InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (2 + Math.floorMod(seed, ADDRESSES))});
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port(), from, 0);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(60_000);
        return socket;
    }

    private String get(String path) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(latin("GET " + path + " HTTP/1.1" + HOST + END));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int available(Socket socket) {
        try {
            return socket.getInputStream().available();
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    private static void rethrown(Future<?> done) throws Exception {
        try {
            done.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof AssertionError error) {
                throw error;
            }
            throw failed;
        }
    }

    private static long countOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void awaitTrue(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not in time: " + what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
