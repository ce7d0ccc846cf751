package io.selvage.task.subtask;

import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.ElementReceiver;
import io.selvage.task.operator.Latencies;
import io.selvage.task.operator.NanoClock;
import io.selvage.task.operator.OperatorChain;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.operator.RestoredState;
import io.selvage.task.operator.SourceAlignment;
import io.selvage.task.operator.SubtaskCanceledException;
import io.selvage.task.operator.WaitingTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by its own thread, which runs {@link #run}; other threads may only post mail, end it, and read counters.
 *
 * <p>One element, timer, or piece of mail is handled at a time, mail first, so that a checkpoint cuts between them. A
 * subtask with nothing to do parks.
 */
public final class Subtask implements Runnable {
    /** Pieces of mail that may wait; the master has one checkpoint under way, so that a few are all there ever are. */
    static final int MAILBOX_CAPACITY = 256;
    /** Elements handled before mail is looked at again, unless they take long. */
    static final int MOST_BATCH = 128;
    /** Of a cut's state that are written before input is handled again: a fraction of a millisecond's worth. */
    static final int GATHERED_BYTES = 128 * 1024;
    /** A parked thread looks around after this time, come what may. */
    static final long LONGEST_PARK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long FOR_GOOD = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(Subtask.class);

    private final SubtaskId id;
    private final NanoClock clock;
    private final SubtaskListener listener;
    private final Function<String, RestoredState> restored;
    private final Supplier<List<RestoredChannel>> restoredChannels;
    private final Alignment alignment;
    private final Wakeup wakeup;
    private final MpscArrayQueue<Mail> mailbox = new MpscArrayQueue<>(MAILBOX_CAPACITY);
    private final Counters counters = new Counters();
    private final OutputTimes outputTimes = new OutputTimes();
    private final InputGate gate;
    private final GateReceiver receiver = new GateReceiver();
    private final SubtaskOutputs outputs;
    private final Set<ChannelId> channels;
    private final OperatorChain chain;
    private final long flushNanos;

    private SubtaskPhase phase = SubtaskPhase.CREATED;
    private @Nullable OutputChannel refusing; // The channel that was full when last written to.
    private long lastCheckpoint; // The highest that was cut, or aborted before it came; 0: none.
    /**
     * Not 0: the savepoint with which the job is to be stopped is cut, and nothing is emitted that is not in it, until
     * that one is given up, or {@link #FOR_GOOD}.
     */
    private long heldBy;

    private @Nullable CheckpointId drainedBy; // Not null: event time was ended for that savepoint.
    private @Nullable SubtaskCut gathering; // The newest cut, while not all of its state is written or captured.
    private long gatheringSinceNanos;
    private long gatheringMicros; // What that took; of meaning once it is gathered.
    private boolean isGathered; // All of its operators' state is written.
    private boolean isCapturing; // It has overtaken.
    private @Nullable CheckpointId completing; // Not null: the operators are being told that it is complete.
    private long lastFlushNanos;
    private int batch = MOST_BATCH;

    // Volatile, where mail would not do: they reach a thread that is in the midst of an element.
    private volatile boolean canceled;
    private volatile @Nullable Throwable outsideFailure;
    private volatile @Nullable Thread thread;

    public Subtask(SubtaskWiring wiring) {
        this.id = wiring.id();
        this.clock = wiring.clock();
        this.listener = wiring.listener();
        this.restored = wiring.restored();
        this.restoredChannels = wiring.channels();
        this.alignment = wiring.alignment();
        this.wakeup = wiring.wakeup();
        this.flushNanos = wiring.flushNanos();
        this.gate = new InputGate(wiring.inputs(), alignment);
        this.outputs = new SubtaskOutputs(wiring.outputs(), new Waiting(), counters);
        this.channels = Stream.concat(
                        wiring.inputs().stream().map(input -> input.channel().id()),
                        wiring.outputs().stream()
                                .flatMap(edge -> edge.channels().stream())
                                .map(OutputChannel::id))
                .collect(Collectors.toUnmodifiableSet());
        this.chain = wiring.chain().build(outputs, counters);
        this.lastFlushNanos = clock.nanos();
        this.heldBy = wiring.held() ? FOR_GOOD : 0;
    }

    public SubtaskId id() {
        return id;
    }

    /** Any thread: false if checkpoints have to be started here. */
    public boolean hasInput() {
        return gate.hasChannels();
    }

    /** Any thread: at its both ends. */
    public Set<ChannelId> channels() {
        return channels;
    }

    /** Any thread. False: it has not handled {@value #MAILBOX_CAPACITY} earlier pieces. */
    public boolean post(Mail mail) {
        boolean accepted = mailbox.offer(mail);
        wakeup.signal();
        return accepted;
    }

    /** Any thread: ends the subtask, in the midst of an element if need be; nothing is wrong with it. */
    public void cancel() {
        canceled = true;
        interrupt();
    }

    /** Any thread: ends the subtask for a reason that lies outside of it. */
    public void fail(Throwable reason) {
        outsideFailure = reason;
        cancel();
    }

    /** Any thread. */
    public long count(Counters.Figure figure) {
        return counters.read(figure);
    }

    /** Any thread reads it: when there was nothing to do. */
    public WaitingTime idle() {
        return counters.idle;
    }

    /** Any thread reads it: when a channel had no room. */
    public WaitingTime backPressured() {
        return counters.backPressured;
    }

    /** Any thread reads it: of a sink, how long markers took. */
    public Latencies latencies() {
        return counters.latencies;
    }

    /** The executor's loop reads it, and says how far others are. */
    public SourceAlignment alignment() {
        return counters.alignment;
    }

    /** Any thread; null: it is no sink, or has written nothing yet. */
    public @Nullable SinkOutput sinkOutput() {
        return outputTimes.read();
    }

    /**
     * Once, by whoever has heard of the thread's end: keyed states that the next incarnation of this subtask can start
     * from, by operator uid.
     */
    public Map<String, RetainedState> retain() {
        return chain.retain();
    }

    private void interrupt() {
        wakeup.signal();
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        try {
            live();
        } catch (Throwable thrown) {
            Thread.interrupted(); // The order to end has arrived; what is left to do should not stop at it again.
            completeAtEnd(thrown);
            end(thrown);
        } finally {
            close();
            publishWithBytes();
            listener.onThreadEnd(id);
        }
    }

    private void live() {
        open();
        while (!phase.isEnd()) {
            if (runOnce() == 0) {
                park();
            }
        }
    }

    /** Restores state and opens the operators. */
    void open() {
        checkCanceled();
        transition(SubtaskPhase.OPENING, null);
        chain.open(restored);
        gate.replay(restoredChannels.get());
        transition(SubtaskPhase.RUNNING, null);
    }

    /**
     * Handles all mail, writes a little of a cut, then a batch of input; answers how much was done, 0 if nothing was.
     */
    int runOnce() {
        checkCanceled();
        int work = handleMail() + overtake() + gather();
        if (phase.isEnd() || isRefused()) {
            publish();
            return work;
        }
        long startNanos = clock.nanos(); // Batches are as large as elements allow, whatever else there is to do.
        work += gate.poll(receiver, Math.min(batch, chain.room()), startNanos);
        work += heldBy == 0 ? chain.produce(batch, startNanos) : 0;
        work += drainAtEnd();
        long endNanos = clock.nanos();
        if (heldBy == 0) {
            chain.tick(endNanos);
        }
        publish();
        outputTimes.note(counters.recordsWritten, endNanos);
        flushIfDue(startNanos, endNanos);
        return work;
    }

    private void publish() {
        counters.aligning = gate.aligning();
        counters.publish();
    }

    /** Adds up over all channels, of which there may be hundreds: as seldom as outputs are flushed. */
    private void publishWithBytes() {
        counters.bytesIn = gate.bytesTaken();
        counters.bytesOut = outputs.bytesAccepted();
        publish();
    }

    /** Cuts without waiting any longer, if it is time to. */
    private int overtake() {
        if (phase.isEnd() || !isCutDue()) {
            return 0;
        }
        gate.overtake(receiver, clock.nanos());
        return 1;
    }

    private boolean isCutDue() {
        hear();
        return gate.dueNanos() != Long.MAX_VALUE && gate.isDue(clock.nanos());
    }

    /** Of announced barriers, also in the midst of an element: what can be captured then is. */
    private void hear() {
        if (wakeup.takeAnnounced()) {
            gate.look(clock.nanos());
            SubtaskCut cut = gathering;
            if (cut != null) {
                deliver(cut);
            }
        }
    }

    private int handleMail() {
        int handled = 0;
        for (Mail mail = mailbox.poll(); mail != null && !phase.isEnd(); mail = mailbox.poll()) {
            handle(mail);
            handled++;
        }
        return handled;
    }

    private void handle(Mail mail) {
        if (mail instanceof Mail.Trigger trigger) {
            if (gate.hasChannels()) {
                throw new IllegalStateException(
                        "subtask " + id + " has input, and yet was told to start " + trigger.barrier());
            }
            cut(trigger.barrier(), 0, false);
        } else if (mail instanceof Mail.Complete complete) {
            complete(complete);
        } else if (mail instanceof Mail.Abort abort) {
            requireNotDrained(abort.checkpoint());
            lastCheckpoint = Math.max(lastCheckpoint, abort.checkpoint().value());
            heldBy = heldBy <= abort.checkpoint().value() ? 0 : heldBy;
            giveUpCut(abort.checkpoint());
            gate.abort(abort.checkpoint());
            chain.abort(abort.checkpoint(), abort.isStored());
        }
    }

    private void complete(Mail.Complete complete) {
        if (complete.terminal() && phase == SubtaskPhase.RUNNING && heldBy == 0) {
            throw new IllegalStateException(
                    "subtask " + id + " is to finish with checkpoint " + complete.checkpoint() + ", and yet goes on");
        }
        completing = complete.checkpoint();
        chain.complete(complete.checkpoint());
        completing = null;
        if (complete.terminal()) {
            counters.publish();
            transition(SubtaskPhase.FINISHED, null);
        }
    }

    /**
     * The barrier goes on first: what is downstream need not wait for this subtask's state to be written. Nor need the
     * elements after it: only what is little is written at once.
     *
     * @param hasOvertaken what was under way on the channels is being captured, and completes the cut
     */
    private void cut(Barrier barrier, long alignmentNanos, boolean hasOvertaken) {
        CheckpointId checkpoint = barrier.checkpoint();
        if (checkpoint.value() <= lastCheckpoint) {
            return;
        }
        requireNotDrained(checkpoint);
        lastCheckpoint = checkpoint.value();
        counters.newestCut = lastCheckpoint;
        heldBy = heldAfter(barrier);
        long firstBarrierNanos = clock.nanos() - alignmentNanos;
        if (barrier.kind() == CutKind.DRAIN) {
            drainedBy = checkpoint;
            chain.endOfInput();
        }
        outputs.barrier(barrier, alignment.blocks() && barrier.kind() == CutKind.CHECKPOINT);
        long startNanos = clock.nanos();
        List<OperatorCut> cuts = chain.snapshot(checkpoint, barrier.kind().isSavepoint());
        isGathered = chain.gather(GATHERED_BYTES);
        gatheringSinceNanos = clock.nanos();
        gatheringMicros = 0;
        SubtaskCut cut = new SubtaskCut(
                id,
                barrier,
                cuts,
                firstBarrierNanos,
                TimeUnit.NANOSECONDS.toMicros(startNanos - firstBarrierNanos),
                TimeUnit.NANOSECONDS.toMicros(gatheringSinceNanos - startNanos),
                0,
                counters.recordsRead,
                List.of());
        gathering = cut;
        isCapturing = hasOvertaken;
        deliver(cut);
    }

    /** Once all of it is known: of one that has overtaken, that includes what was under way on the channels. */
    private void deliver(SubtaskCut cut) {
        if (!isGathered) {
            return;
        }
        List<ChannelState> captured =
                isCapturing ? gate.takeCaptured(cut.barrier().checkpoint()) : List.of();
        if (captured != null) {
            gathering = null;
            listener.onCut(cut.completed(gatheringMicros, captured));
        }
    }

    /** @param settled given up itself, or begun after what was */
    private void requireNotDrained(CheckpointId settled) {
        CheckpointId drain = drainedBy;
        if (drain != null && drain.compareTo(settled) <= 0) {
            throw new DrainGivenUpException(drain);
        }
    }

    /** Any other barrier shows that a stop before it was given up, even if that word has been lost. */
    private static long heldAfter(Barrier barrier) {
        return switch (barrier.kind()) {
            case CHECKPOINT, TERMINAL, SAVEPOINT -> 0;
            case STOP -> barrier.checkpoint().value();
            case DRAIN -> FOR_GOOD;
        };
    }

    /** Writes a little more of a cut's state; answers 0 if there is no cut under way. */
    private int gather() {
        SubtaskCut cut = gathering;
        if (cut == null || phase.isEnd()) {
            return 0;
        }
        boolean wasGathered = isGathered;
        if (!wasGathered && chain.gather(GATHERED_BYTES)) {
            isGathered = true;
            gatheringMicros = TimeUnit.NANOSECONDS.toMicros(clock.nanos() - gatheringSinceNanos);
        }
        deliver(cut);
        return wasGathered ? 0 : 1; // What is still to be captured comes with the input.
    }

    private void giveUpCut(CheckpointId aborted) {
        SubtaskCut cut = gathering;
        if (cut != null && cut.barrier().checkpoint().value() <= aborted.value()) {
            gathering = null;
        }
    }

    private int drainAtEnd() {
        if (phase != SubtaskPhase.RUNNING || heldBy != 0 || !gate.hasEnded() || !chain.isExhausted()) {
            return 0;
        }
        chain.endOfInput();
        outputs.endOfInput();
        publishWithBytes();
        transition(SubtaskPhase.DRAINED, null);
        return 1;
    }

    /** Batches shrink where elements take long, so that none waits for many others before it is sent on. */
    private void flushIfDue(long startNanos, long nowNanos) {
        if (nowNanos - startNanos > flushNanos) {
            batch = Math.max(1, batch / 2);
        } else if (nowNanos - startNanos < flushNanos / 4) {
            batch = Math.min(MOST_BATCH, 2 * batch);
        }
        if (nowNanos - lastFlushNanos >= flushNanos) {
            lastFlushNanos = nowNanos;
            outputs.flush();
            publishWithBytes();
        }
    }

    private void park() {
        outputs.flush();
        publishWithBytes();
        wakeup.prepare();
        if (hasWork()) {
            wakeup.cancel();
            return;
        }
        boolean isRefused = isRefused();
        long nextNanos = isRefused || heldBy != 0 ? Long.MAX_VALUE : chain.nextNanos();
        nextNanos = earlier(nextNanos, gate.dueNanos());
        long nowNanos = clock.nanos();
        long waitNanos = nextNanos == Long.MAX_VALUE ? LONGEST_PARK_NANOS : nextNanos - nowNanos;
        if (waitNanos <= 0) {
            wakeup.cancel();
        } else if (isRefused) {
            await(counters.backPressured, waitNanos, nowNanos);
        } else if (chain.room() > 0) {
            await(counters.idle, waitNanos, nowNanos);
        } else {
            wakeup.await(Math.min(waitNanos, LONGEST_PARK_NANOS)); // As busy as it can be: too much is under way.
        }
    }

    private void await(WaitingTime counted, long waitNanos, long nowNanos) {
        counted.begin(nowNanos);
        wakeup.await(Math.min(waitNanos, LONGEST_PARK_NANOS));
        counted.end(clock.nanos());
    }

    private static long earlier(long oneNanos, long otherNanos) {
        if (oneNanos == Long.MAX_VALUE || otherNanos == Long.MAX_VALUE) {
            return Math.min(oneNanos, otherNanos);
        }
        return oneNanos - otherNanos < 0 ? oneNanos : otherNanos;
    }

    private boolean hasWork() {
        return canceled
                || !mailbox.isEmpty()
                || wakeup.isAnnounced()
                || !isRefused() && (hasInputToTake() || hasNews());
    }

    private boolean hasInputToTake() {
        return chain.room() > 0 && !gate.isEmpty();
    }

    private boolean hasNews() {
        return heldBy == 0 && chain.hasNews();
    }

    /** Whether the channel that was full when last written to still is: then mail is handled, and input waits. */
    private boolean isRefused() {
        OutputChannel channel = refusing;
        if (channel != null && !channel.isFull()) {
            refusing = null;
            return false;
        }
        return channel != null;
    }

    /** In the midst of an element nothing else can be done: mail waits, except the order to end. */
    private void awaitRoom(OutputChannel channel) {
        refusing = channel;
        outputs.flush();
        hear();
        wakeup.prepare();
        if (canceled || wakeup.isAnnounced() || !channel.isFull()) {
            wakeup.cancel();
        } else {
            await(counters.backPressured, longestWaitNanos(), clock.nanos());
        }
        checkCanceled();
    }

    /** While a cut that is due can't be taken, only room helps. */
    private long longestWaitNanos() {
        long dueNanos = gate.dueNanos();
        long leftNanos = dueNanos == Long.MAX_VALUE ? LONGEST_PARK_NANOS : dueNanos - clock.nanos();
        return leftNanos <= 0 ? LONGEST_PARK_NANOS : leftNanos;
    }

    private void checkCanceled() {
        if (canceled) {
            throw new SubtaskCanceledException();
        }
    }

    private void end(Throwable thrown) {
        Throwable outside = outsideFailure;
        if (outside != null) {
            transition(SubtaskPhase.FAILED, outside);
        } else if (canceled) {
            transition(SubtaskPhase.CANCELED, null);
        } else {
            transition(SubtaskPhase.FAILED, thrown);
        }
    }

    /**
     * What a complete checkpoint holds takes effect although the subtask ends: a job that is canceled has no next
     * incarnation to do it. Of the mail that waits, the newest completion alone counts: it covers those before it.
     */
    private void completeAtEnd(Throwable thrown) {
        // A commit that has failed by itself is not tried again; one that the order to end has interrupted is.
        CheckpointId newest = canceled ? completing : null;
        Mail mail = mailbox.poll();
        for (int handled = 0; mail != null && handled < MAILBOX_CAPACITY; handled++) {
            newest = mail instanceof Mail.Complete complete ? complete.checkpoint() : newest;
            mail = mailbox.poll();
        }
        boolean isOpen = phase == SubtaskPhase.RUNNING || phase == SubtaskPhase.DRAINED;
        if (newest == null || !isOpen || thrown instanceof VirtualMachineError) {
            return;
        }
        try {
            chain.complete(newest);
        } catch (RuntimeException | Error failure) {
            LOG.warn("Subtask {} has ended before it could commit checkpoint {}", id, newest, failure);
        }
    }

    /** Closes the operators, whatever becomes of each. */
    void close() {
        for (Exception failure : chain.close()) {
            if (canceled) {
                LOG.debug("Subtask {} was ended while it closed an operator", id, failure);
            } else {
                LOG.warn("Subtask {} could not close an operator: {}", id, failure.toString(), failure);
            }
        }
    }

    private void transition(SubtaskPhase next, @Nullable Throwable failure) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException("subtask " + id + " can't become " + next + " while it is " + phase);
        }
        phase = next;
        if (failure == null) {
            LOG.debug("Subtask {} is {}", id, next);
        } else {
            boolean isOwn = failure != outsideFailure;
            LOG.warn("Subtask {} is {}: {}", id, next, failure.toString(), isOwn ? failure : null);
        }
        listener.onPhase(id, next, failure);
    }

    /** Owned by the subtask's thread. */
    private final class Waiting implements Backpressure {
        @Override
        public void awaitRoom(OutputChannel channel) {
            Subtask.this.awaitRoom(channel);
        }

        @Override
        public boolean isCutDue() {
            boolean isDue = Subtask.this.isCutDue();
            if (isDue) {
                gate.endBatch();
            }
            return isDue;
        }
    }

    /** Owned by the subtask's thread. */
    private final class GateReceiver implements InputGate.Receiver {
        private @Nullable ElementReceiver input;

        @Override
        public void onInput(int ordinal) {
            input = chain.input(ordinal);
        }

        @Override
        public void onRecord(Object value, long timestampMillis) {
            counters.recordsIn++;
            Objects.requireNonNull(input).emit(value, timestampMillis);
        }

        @Override
        public boolean looksAhead() {
            return Objects.requireNonNull(input).prefetches();
        }

        @Override
        public void onAhead(Object[] values, int count) {
            Objects.requireNonNull(input).prefetch(values, count);
        }

        @Override
        public void onWatermark(long millis) {
            if (chain.hasInputTime()) {
                counters.watermarkInMillis = millis;
            }
            chain.watermark(millis);
        }

        @Override
        public void onIdle(boolean isIdle) {
            chain.idle(isIdle);
        }

        @Override
        public void onMarker(LatencyMarker marker) {
            chain.marker(marker);
        }

        @Override
        public void onBarrier(Barrier barrier, long alignmentNanos) {
            cut(barrier, alignmentNanos, false);
        }

        @Override
        public void onOvertaken(Barrier barrier, long alignmentNanos) {
            cut(barrier, alignmentNanos, true);
        }
    }
}
