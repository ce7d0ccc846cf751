package io.selvage.minicluster.workload;

import io.selvage.api.function.MapFunction;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Passes on what comes, and now and then looks whether a file of this machine wants it to do to its process what a
 * defective function does. The file goes away first: it is done once. Owned by the subtask's thread.
 */
public final class Sabotage implements MapFunction<Arrival, Arrival> {
    private static final long serialVersionUID = 1L;
    private static final long LOOK_NANOS = 20_000_000;
    private static final int CHUNK_BYTES = 8 << 20;
    /** More than any container here: who takes all of it was not stopped. */
    private static final int MOST_CHUNKS = 512;

    /** What it can do. */
    public enum Deed {
        /** {@code System.exit}. */
        EXIT,
        /** {@code Runtime.halt}. */
        HALT,
        /** Fills the heap. */
        FILL_HEAP,
        /** Takes all the direct buffers that there may be, and more. */
        FILL_DIRECT,
        /** Takes memory that the JVM knows nothing of, as native libraries do. */
        FILL_NATIVE;

        /** The name of the file. */
        public String fileName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final String directory;
    private transient long lookedAtNanos;

    Sabotage(String directory) {
        this.directory = directory;
    }

    @Override
    public Arrival map(Arrival arrival) throws IOException {
        long nowNanos = System.nanoTime();
        if (nowNanos - lookedAtNanos >= LOOK_NANOS) {
            lookedAtNanos = nowNanos;
            for (Deed deed : Deed.values()) {
                if (Files.deleteIfExists(Path.of(directory, deed.fileName()))) {
                    commit(deed);
                }
            }
        }
        return arrival;
    }

    private static void commit(Deed deed) {
        switch (deed) {
            case EXIT -> System.exit(0);
            case HALT -> Runtime.getRuntime().halt(7);
            case FILL_HEAP -> {
                List<long[]> taken = new ArrayList<>();
                for (int chunk = 0; chunk < MOST_CHUNKS; chunk++) {
                    taken.add(new long[CHUNK_BYTES / Long.BYTES]);
                }
                throw new IllegalStateException("the heap has room for " + taken.size() + " chunks");
            }
            case FILL_DIRECT -> {
                List<ByteBuffer> taken = new ArrayList<>();
                for (int chunk = 0; chunk < MOST_CHUNKS; chunk++) {
                    taken.add(ByteBuffer.allocateDirect(CHUNK_BYTES));
                }
                throw new IllegalStateException("there is room for " + taken.size() + " direct buffers");
            }
            case FILL_NATIVE -> fillNative();
        }
    }

    /** Takes a little more every few milliseconds, so that it is the node that notices and not the kernel. */
    private static void fillNative() {
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            Object unsafe = lookup.findStaticVarHandle(type, "theUnsafe", type).get();
            MethodHandle allocate =
                    lookup.findVirtual(type, "allocateMemory", MethodType.methodType(long.class, long.class));
            MethodHandle touch = lookup.findVirtual(
                    type, "setMemory", MethodType.methodType(void.class, long.class, long.class, byte.class));
            for (int chunk = 0; chunk < MOST_CHUNKS; chunk++) {
                long address = (long) allocate.invoke(unsafe, (long) CHUNK_BYTES);
                touch.invoke(unsafe, address, (long) CHUNK_BYTES, (byte) 1);
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable failed) {
            throw new IllegalStateException("native memory can't be had: " + failed, failed);
        }
    }
}
