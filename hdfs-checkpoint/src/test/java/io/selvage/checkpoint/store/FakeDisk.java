package io.selvage.checkpoint.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.jspecify.annotations.Nullable;

/**
 * Guarded by its own lock, because the proof races real threads on it. What several processes see of one file system,
 * in memory; each process opens it with faults of its own.
 */
public final class FakeDisk {
    /** What goes wrong with one call. */
    public enum Fault {
        NONE,
        /** An error, without effect; it is told as Hadoop does, with the stack of its server. */
        FAILS_BEFORE,
        /** The connection ends in the midst of the call, which Hadoop reports as the end of a file. */
        DISCONNECTS,
        /** An error, after the effect. */
        FAILS_AFTER,
        /** An error; the effect comes with a later call of anyone's. Renames only: elsewhere as FAILS_BEFORE. */
        FAILS_AND_HAPPENS_LATER,
        /** An error, after an effect that all see until the next call that would change anything. Renames only. */
        SEEN_AND_LOST,
        /** The process dies before the effect; of a write, in the midst of it. */
        CRASHES,
        /** Half of the bytes arrive, then an error. Writes, syncs and closes only: elsewhere as FAILS_BEFORE. */
        PARTIAL
    }

    /** Decides what goes wrong, before each call. */
    @FunctionalInterface
    public interface Faults {
        Fault on(String call, String path);

        /** Before bytes are handed to a file, which are seen by others at its next sync: for those who ask. */
        default Fault onWrite(String path) {
            return Fault.NONE;
        }
    }

    /** Thrown through the code under test: a process that is no more. */
    public static final class Crashed extends Error {
        private static final long serialVersionUID = 1L;

        Crashed(String call, String path) {
            super("crashed in " + call + " " + path, null, false, false);
        }
    }

    private static final String ROOT = "fake:/";
    private static final Set<String> READS = Set.of("open", "status", "list");

    private record Entry(byte[] bytes, long modifiedMillis) {}

    private final Map<String, Entry> entries = new TreeMap<>();
    private final List<Runnable> late = new ArrayList<>();
    private @Nullable Runnable lost; // Of what is seen, and will not have been.
    private final List<String> history = new ArrayList<>();
    private final List<Input> inputs = new ArrayList<>();
    private Predicate<String> breaksReading = path -> false;
    private Predicate<String> breaksResting = path -> false;
    private Consumer<String> betweenCheckAndAct = path -> {};
    private boolean checksThenActs;
    private boolean answersFalsely;
    private long clock;

    public DurableStore open(Faults faults) {
        return new DurableStore(new View(faults));
    }

    public DurableStore open() {
        return open((call, path) -> Fault.NONE);
    }

    StoreFiles files() {
        return new View((call, path) -> Fault.NONE);
    }

    /** Renames look first and move then, with this in between. */
    void checkThenAct(Consumer<String> inBetween) {
        checksThenActs = true;
        betweenCheckAndAct = inBetween;
    }

    /** Renames never say that something is there already: the last one wins, all are told that they did. */
    void replaceSilently() {
        answersFalsely = true;
    }

    public synchronized void overwrite(String path, byte[] bytes) {
        entries.put(path, new Entry(bytes, ++clock));
    }

    /** Of those that were opened to seek in them, in this order: all, or what is not closed, or has a connection. */
    public synchronized List<String> inputs(Predicate<Input> which) {
        return inputs.stream().filter(which).map(in -> in.path).toList();
    }

    /** Whether the next read of a file that is open fails. */
    public synchronized void breakReading(Predicate<String> breaks) {
        breaksReading = breaks;
    }

    /** Whether a file that is open can't give its connection back. */
    public synchronized void breakResting(Predicate<String> breaks) {
        breaksResting = breaks;
    }

    /** Owned by one thread: a file that is read. */
    public final class Input extends StoreInput {
        private final String path;
        private final byte[] bytes;
        private long position;
        private boolean isOpen = true;
        private boolean isConnected;

        private Input(String path, byte[] bytes) {
            this.path = path;
            this.bytes = bytes;
        }

        public boolean isOpen() {
            return isOpen;
        }

        public boolean isConnected() {
            return isConnected;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            requireOpen();
            isConnected = true;
            if (breaksReading.test(path)) {
                throw new IOException("reading " + path + " was broken off");
            }
            int count = (int) Math.min(length, bytes.length - position);
            if (count <= 0) {
                return length == 0 ? 0 : -1;
            }
            System.arraycopy(bytes, (int) position, into, offset, count);
            position += count;
            return count;
        }

        @Override
        public void seek(long offset) throws IOException {
            requireOpen();
            if (offset > bytes.length) {
                throw new EOFException(path + " has " + bytes.length + " bytes");
            }
            position = offset;
        }

        @Override
        public void rest() throws IOException {
            requireOpen();
            if (breaksResting.test(path)) {
                throw new IOException("the connection of " + path + " was not given back");
            }
            isConnected = false;
        }

        @Override
        public void close() {
            isOpen = false;
            isConnected = false;
        }

        private void requireOpen() throws IOException {
            if (!isOpen) {
                throw new IOException(path + " is closed");
            }
        }
    }

    public synchronized byte[] bytes(String path) {
        Entry entry = entries.get(path);
        if (entry == null) {
            throw new AssertionError("no " + path + " in " + entries.keySet());
        }
        return entry.bytes().clone();
    }

    public synchronized List<String> paths() {
        return List.copyOf(entries.keySet());
    }

    /** Each effect in order: {@code create p}, {@code rename p q}, {@code delete p}. */
    public synchronized List<String> history() {
        return List.copyOf(history);
    }

    /** What is written from now on is younger by that. */
    public synchronized void pass(Duration time) {
        clock += time.toMillis();
    }

    /** Lets every late rename happen now. */
    public synchronized void settle() {
        List<Runnable> due = List.copyOf(late);
        late.clear();
        due.forEach(Runnable::run);
    }

    private final class View implements StoreFiles {
        private final Faults faults;
        private volatile boolean isDead; // Volatile: a process has many threads.

        View(Faults faults) {
            this.faults = faults;
        }

        @Override
        public StoreOutput create(String anyPath) throws IOException {
            String path = local(anyPath);
            call("create", path, () -> {
                if (entries.containsKey(path)) {
                    throw new FileAlreadyExistsException(path);
                }
                put(path, new byte[0]);
                history.add("create " + path);
            });
            return new Output(path);
        }

        @Override
        public void renameNoReplace(String from, String to) throws IOException {
            if (checksThenActs) {
                synchronized (FakeDisk.this) {
                    check(from, to);
                }
                betweenCheckAndAct.accept(to);
                synchronized (FakeDisk.this) {
                    move(from, to);
                }
                return;
            }
            Fault fault = next("rename", to);
            synchronized (FakeDisk.this) {
                if (fault == Fault.FAILS_AND_HAPPENS_LATER) {
                    late.add(() -> {
                        if (entries.containsKey(from) && !entries.containsKey(to)) {
                            move(from, to);
                        }
                    });
                    throw new IOException("rename " + to + " timed out");
                }
                settleSome();
                restart();
                before(fault, "rename", to);
                if (!answersFalsely) {
                    check(from, to);
                }
                move(from, to);
                if (fault == Fault.SEEN_AND_LOST) {
                    lost = () -> entries.put(from, entries.remove(to));
                    throw new IOException("the server is going away in rename " + to);
                }
                after(fault, "rename", to);
            }
        }

        @Override
        public InputStream open(String anyPath) throws IOException {
            String path = local(anyPath);
            byte[][] read = new byte[1][];
            call("open", path, () -> read[0] = entry(path).bytes());
            return new ByteArrayInputStream(read[0]);
        }

        @Override
        public StoreInput openToSeek(String anyPath) throws IOException {
            String path = local(anyPath);
            byte[][] read = new byte[1][];
            call("open", path, () -> read[0] = entry(path).bytes());
            Input in = new Input(path, read[0]);
            synchronized (FakeDisk.this) {
                inputs.add(in);
            }
            return in;
        }

        @Override
        public Optional<StoredFile> status(String anyPath) throws IOException {
            String path = local(anyPath);
            List<StoredFile> found = new ArrayList<>();
            call("status", path, () -> {
                if (entries.containsKey(path)) {
                    found.add(stored(path, path));
                }
            });
            return found.stream().findFirst();
        }

        @Override
        public List<StoredFile> list(String anyDirectory) throws IOException {
            String directory = local(anyDirectory);
            List<StoredFile> found = new ArrayList<>();
            String prefix = directory.isEmpty() ? "" : directory + "/";
            call("list", directory, () -> {
                TreeSet<String> directories = new TreeSet<>();
                for (String path : entries.keySet()) {
                    if (path.startsWith(prefix)) {
                        String rest = path.substring(prefix.length());
                        int slash = rest.indexOf('/');
                        if (slash < 0) {
                            found.add(stored(path, rest));
                        } else {
                            directories.add(rest.substring(0, slash));
                        }
                    }
                }
                directories.forEach(name -> found.add(new StoredFile(name, "fake:/" + prefix + name, true, 0, 0)));
            });
            return found;
        }

        /** Nothing here has rights. */
        @Override
        public boolean isOpenToOthers(String directory) throws IOException {
            call("isOpenToOthers", local(directory), () -> {});
            return false;
        }

        @Override
        public boolean delete(String anyPath) throws IOException {
            String path = local(anyPath);
            boolean[] deleted = new boolean[1];
            call("delete", path, () -> {
                boolean file = entries.remove(path) != null;
                boolean below = entries.keySet().removeIf(other -> other.startsWith(path + "/"));
                deleted[0] = file || below;
                if (deleted[0]) {
                    history.add("delete " + path);
                }
            });
            return deleted[0];
        }

        /** Directories are there as long as anything is in them. */
        @Override
        public boolean deleteIfEmpty(String directory) throws IOException {
            call("deleteIfEmpty", local(directory), () -> {});
            return false;
        }

        @Override
        public boolean touch(String path) throws IOException {
            boolean[] found = new boolean[1];
            call("touch", path, () -> {
                found[0] = entries.computeIfPresent(path, (name, entry) -> new Entry(entry.bytes(), ++clock)) != null;
            });
            return found[0];
        }

        @Override
        public void catchUp() {}

        @Override
        public String qualify(String path) {
            return ROOT + local(path);
        }

        @Override
        public boolean decidedByNameNode() {
            return false;
        }

        private void restart() throws IOException {
            Runnable undo = lost;
            if (undo != null) {
                lost = null;
                undo.run();
                throw new IOException("the server was restarted");
            }
        }

        private void call(String name, String path, Effect effect) throws IOException {
            Fault fault = next(name, path);
            synchronized (FakeDisk.this) {
                settleSome();
                if (!READS.contains(name)) {
                    restart();
                }
                before(fault, name, path);
                effect.happen();
                after(fault, name, path);
            }
        }

        private Fault next(String call, String path) {
            requireAlive(call, path);
            return faults.on(call, path);
        }

        /** Of a process that is no more, what would tidy up has no effect either. */
        private void requireAlive(String call, String path) {
            if (isDead) {
                throw new Crashed(call, path);
            }
        }

        private void before(Fault fault, String call, String path) throws IOException {
            if (fault == Fault.CRASHES) {
                isDead = true;
                throw new Crashed(call, path);
            }
            if (fault == Fault.DISCONNECTS) {
                throw new EOFException("the server has closed the connection in " + call + " " + path);
            }
            if (fault == Fault.FAILS_BEFORE || fault == Fault.PARTIAL || fault == Fault.FAILS_AND_HAPPENS_LATER) {
                throw new IOException(call + " " + path + " was refused\n\tat Server.handle(Server.java:1)");
            }
        }

        private void after(Fault fault, String call, String path) throws IOException {
            if (fault == Fault.FAILS_AFTER) {
                throw new IOException(call + " " + path + " was done, and the answer lost");
            }
        }

        private Entry entry(String path) throws FileNotFoundException {
            Entry entry = entries.get(path);
            if (entry == null) {
                throw new FileNotFoundException(path);
            }
            return entry;
        }

        private StoredFile stored(String path, String name) {
            Entry entry = entries.get(path);
            return new StoredFile(name, qualify(path), false, entry.bytes().length, entry.modifiedMillis());
        }

        private void check(String from, String to) throws IOException {
            if (!entries.containsKey(from)) {
                throw new FileNotFoundException(from);
            }
            if (entries.containsKey(to)) {
                throw new FileAlreadyExistsException(to);
            }
        }

        /** After an error in the midst of its bytes it takes no more of them; and none once its file is deleted. */
        private final class Output extends StoreOutput {
            private final String path;
            private final ByteArrayOutputStream written = new ByteArrayOutputStream();
            private boolean isBroken;
            private boolean isClosed;

            Output(String path) {
                this.path = path;
            }

            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                requireAlive("write", path);
                Fault fault = faults.onWrite(path);
                synchronized (FakeDisk.this) {
                    requireWhole("write");
                    boolean isHalf = fault == Fault.PARTIAL || fault == Fault.CRASHES;
                    boolean isAll = fault == Fault.NONE || fault == Fault.FAILS_AFTER;
                    written.write(bytes, offset, isAll ? length : isHalf ? length / 2 : 0);
                    if (fault != Fault.NONE) {
                        breakOff(written.toByteArray());
                    }
                    before(fault, "write", path);
                    after(fault, "write", path);
                }
            }

            @Override
            public void sync() throws IOException {
                arrive("sync");
            }

            @Override
            public void close() throws IOException {
                if (!isClosed) {
                    isClosed = true;
                    arrive("close");
                }
            }

            private void arrive(String name) throws IOException {
                Fault fault = next(name, path);
                synchronized (FakeDisk.this) {
                    settleSome();
                    restart();
                    requireWhole(name);
                    byte[] all = written.toByteArray();
                    if (fault == Fault.PARTIAL) {
                        int seen = entry(path).bytes().length;
                        breakOff(Arrays.copyOf(all, seen + (all.length - seen) / 2));
                    }
                    before(fault, name, path);
                    entry(path); // Who deletes a file ends its writing.
                    put(path, all);
                    after(fault, name, path);
                }
            }

            private void requireWhole(String call) throws IOException {
                if (isBroken) {
                    throw new IOException(call + " " + path + " came after an error");
                }
            }

            private void breakOff(byte[] arrived) {
                isBroken = true;
                if (entries.containsKey(path)) {
                    put(path, arrived);
                }
            }
        }
    }

    /** A late effect comes with the third call after it, so that read-backs before and after it are both met. */
    private void settleSome() {
        if (late.size() > 1 || (!late.isEmpty() && ++lateAge >= LATE_CALLS)) {
            lateAge = 0;
            late.remove(0).run();
        }
    }

    private static final int LATE_CALLS = 3;
    private int lateAge;

    private void put(String path, byte[] bytes) {
        entries.put(path, new Entry(bytes, ++clock));
    }

    private void move(String from, String to) {
        Entry moved = entries.remove(from);
        if (moved != null) {
            entries.put(to, moved);
            history.add("rename " + from + " " + to);
        }
    }

    private static String local(String path) {
        return path.startsWith(ROOT) ? path.substring(ROOT.length()) : path;
    }

    @FunctionalInterface
    private interface Effect {
        void happen() throws IOException;
    }
}
