package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads. What a backend on a disk puts into one checkpoint. What stands alone is an image, the
 * store's files as they are, unless these have too much that does not count any more. Else it is the files of what has
 * changed, and those of some key groups as a whole, which are read from the store when the segment is written. The
 * subtask's thread completes it, and gives it up; an upload thread writes it, once.
 */
final class RocksCut implements KeyedCut.Content {
    /** Sizes of the state that an image may have: to write the state anew takes longer than to copy as much. */
    private static final int MOST_IMAGE = 2;

    private final RocksEnvironment environment;
    private final KeyGroupRange range;
    private final long checkpoint;
    private final long base;
    private final SegmentChain.Bounds bounds;
    private final AtomicBoolean isReleased = new AtomicBoolean(); // By whichever thread is done with the view first.
    private volatile boolean isGivenUp; // Volatile: set by one thread, asked by another.
    private volatile @Nullable Complete complete; // Volatile: handed from one thread to another.

    private record Complete(
            List<Path> earlier,
            CompletableFuture<RocksFlush.Ended> flush,
            boolean[] isWhole,
            SegmentChain chain,
            StateSchema schema,
            boolean hasParts) {}

    /** @param base 0: it stands alone */
    RocksCut(
            RocksEnvironment environment, KeyGroupRange range, long checkpoint, long base, SegmentChain.Bounds bounds) {
        this.environment = environment;
        this.range = range;
        this.checkpoint = checkpoint;
        this.base = base;
        this.bounds = bounds;
    }

    long checkpoint() {
        return checkpoint;
    }

    /** All there is goes into the checkpoint. */
    boolean isWhole() {
        return base == 0;
    }

    boolean isGivenUp() {
        return isGivenUp;
    }

    /**
     * All that is in the heap is written.
     *
     * @param chain that it adds to; null: it stands alone
     * @param changedBytes about as many as the files of changes have
     * @param earlier files of changes
     * @param flush the last ones
     * @param groupBytes by group of the range: what the state has
     * @param hasParts the files may have parts of maps and lists
     * @return the chain with this cut's segment
     */
    SegmentChain end(
            @Nullable SegmentChain chain,
            long changedBytes,
            List<Path> earlier,
            CompletableFuture<RocksFlush.Ended> flush,
            long[] groupBytes,
            StateSchema schema,
            boolean hasParts) {
        boolean[] isWhole = new boolean[range.count()];
        Arrays.fill(isWhole, true);
        long[] wholeSince = new long[range.count()];
        if (chain != null) {
            isWhole = chain.dueGroups(changedBytes, bounds);
            wholeSince = chain.wholeSince();
        }
        long bytes = changedBytes;
        for (int i = 0; i < isWhole.length; i++) {
            wholeSince[i] = isWhole[i] ? checkpoint : wholeSince[i];
            bytes += isWhole[i] ? groupBytes[i] : 0;
        }
        SegmentChain.Link link = new SegmentChain.Link(checkpoint, bytes);
        SegmentChain with =
                chain == null ? SegmentChain.of(link, groupBytes) : chain.with(link, wholeSince, groupBytes);
        complete = new Complete(earlier, flush, isWhole, with, schema, hasParts);
        return with;
    }

    /** Nobody will write it any more. */
    void giveUp() {
        isGivenUp = true;
        Complete known = complete;
        if (known != null) {
            known.flush().thenAccept(ended -> release(Objects.requireNonNull(ended.view())));
        }
    }

    private void release(RocksStore.View view) {
        if (isReleased.compareAndSet(false, true)) {
            view.release();
        }
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        Complete known = Objects.requireNonNull(complete, "the cut is not complete");
        RocksFlush.Ended flush = FileWork.joined(known.flush());
        RocksStore.View view = Objects.requireNonNull(flush.view());
        if (!view.tryUse()) {
            throw new IOException("the cut for checkpoint " + checkpoint + " was given up");
        }
        Path temporary = environment.newDirectory("whole");
        try {
            SegmentChain chain = known.chain();
            RocksStore.Image image = imageOrNull(view, chain.stateBytes());
            List<Path> files = new ArrayList<>();
            List<String> names = new ArrayList<>();
            if (image != null) {
                files.addAll(image.files());
                files.forEach(file -> names.add(file.getFileName().toString()));
            } else {
                files.addAll(writeWhole(view, known.isWhole(), LocalDiskException.made(temporary)));
            }
            int unverified = image == null ? files.size() : 0;
            if (!isWhole()) {
                files.addAll(known.earlier());
                files.addAll(flush.files());
            }
            long[] lengths = new long[files.size()];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = Files.size(files.get(i));
            }
            out.write(new FilesSegment(
                            checkpoint,
                            base,
                            range,
                            known.isWhole(),
                            chain.wholeSince(),
                            chain.groupBytes(),
                            known.schema(),
                            known.hasParts(),
                            names,
                            lengths)
                    .head());
            give(files, lengths, unverified, view, out);
        } finally {
            view.release();
            release(view); // It is written once.
            RocksStore.delete(temporary);
        }
    }

    private RocksStore.@Nullable Image imageOrNull(RocksStore.View view, long stateBytes) throws IOException {
        RocksStore.Image image = view.image();
        long most = MOST_IMAGE * stateBytes + environment.imageExtraBytes();
        return image == null || image.bytes() > most ? null : image;
    }

    /**
     * Files of an image or of changes may have been on the disk for long, and nobody has read them: each is verified
     * before, while the one before it is given.
     *
     * @param unverified the first files, which were written just now
     */
    private void give(List<Path> files, long[] lengths, int unverified, RocksStore.View of, OutputStream out)
            throws IOException {
        FileCopy copy = new FileCopy(environment.ending());
        CompletableFuture<Void> verified = FileWork.none();
        try {
            for (int i = 0; i <= files.size(); i++) {
                FileWork.joined(verified);
                verified = i >= unverified && i < files.size() ? verified(files.get(i), of) : FileWork.none();
                if (i > unverified) {
                    of.give(files.get(i - 1), lengths[i - 1], out, copy);
                } else if (i > 0) {
                    copy.give(files.get(i - 1), lengths[i - 1], out); // Another cut would write others.
                }
            }
        } finally {
            FileWork.awaitEnd(verified); // Nobody reads once the view is released.
        }
    }

    private CompletableFuture<Void> verified(Path file, RocksStore.View of) {
        return RocksStore.isSorted(file)
                ? FileWork.begin(environment.ending(), () -> of.verify(file))
                : FileWork.none();
    }

    private List<Path> writeWhole(RocksStore.View view, boolean[] isWhole, Path into) throws IOException {
        try (SortedFiles files = new SortedFiles(environment, into, "whole")) {
            int group = 0;
            while (group < range.count()) {
                int end = group;
                while (end < range.count() && isWhole[end]) {
                    end++;
                }
                if (end > group) {
                    byte[] from = RocksKeys.group(range.first() + group);
                    byte[] to = RocksKeys.group(range.first() + end);
                    view.scan(from, to, (key, value) -> files.put(key, key.length, value, value.length));
                }
                group = end + 1;
            }
            return files.finish();
        }
    }
}
