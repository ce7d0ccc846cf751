package io.selvage.task.exchange;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import org.jctools.queues.MpscArrayQueue;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What two threads meet at, in a sample of the interleavings of a few calls that Lincheck's model checker draws, the
 * same ones at each run, and in many runs of real threads, which see the processor's own reordering. Each claim has a
 * variant with one defect beside it, which a sample of the same size must find: else the claim says nothing.
 */
@Timeout(180)
@Tag("interleavings")
@ResourceLock("classes as Lincheck has changed them")
class InterleavingsTest {
    private static final int SCENARIOS = 8;
    private static final int INTERLEAVINGS = 100;
    private static final int RUNS = 200;
    private static final int CALLS = 4;

    /** Whoever is named so runs on one thread. */
    private static final String PRODUCER = "producer";

    private static final String CONSUMER = "consumer";

    private static final VarHandle WAKEUP_STATE;

    static {
        try {
            WAKEUP_STATE = MethodHandles.privateLookupIn(Wakeup.class, MethodHandles.lookup())
                    .findVarHandle(Wakeup.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Its owner would be asleep now: nobody has signalled since it has prepared. */
    static boolean isAsleep(Wakeup wakeup) {
        return (int) WAKEUP_STATE.getVolatile(wakeup) != 0;
    }

    /** Nothing is called after both threads have: it would wake up whoever sleeps. */
    private static ModelCheckingOptions interleavings() {
        return new ModelCheckingOptions()
                .iterations(SCENARIOS)
                .invocationsPerIteration(INTERLEAVINGS)
                .threads(2)
                .actorsPerThread(CALLS)
                .actorsBefore(2)
                .actorsAfter(0)
                .minimizeFailedScenario(false);
    }

    private static StressOptions realThreads() {
        return new StressOptions()
                .iterations(SCENARIOS)
                .invocationsPerIteration(RUNS)
                .threads(2)
                .actorsPerThread(CALLS)
                .actorsBefore(2)
                .actorsAfter(0)
                .minimizeFailedScenario(false);
    }

    // ---- the ring --------------------------------------------------------------------------------------------------

    /** What a ring of two is to one thread. */
    public static class BoundedQueue {
        private final Deque<Integer> elements = new ArrayDeque<>();

        public boolean offer(int element) {
            if (elements.size() == 2) {
                return false;
            }
            elements.add(element);
            return true;
        }

        public boolean isFull() {
            return elements.size() == 2;
        }

        public int poll() {
            Integer element = elements.poll();
            return element == null ? 0 : element;
        }

        public boolean isEmpty() {
            return elements.isEmpty();
        }
    }

    /** The ring of a channel. */
    @Param(name = "element", gen = IntGen.class, conf = "1:9")
    public static class RingCalls {
        private final ElementRing ring = new ElementRing(2);

        @Operation(nonParallelGroup = PRODUCER)
        public boolean offer(@Param(name = "element") int element) {
            return ring.offer(element, element);
        }

        @Operation(nonParallelGroup = PRODUCER)
        public boolean isFull() {
            return ring.isFull();
        }

        @Operation(nonParallelGroup = CONSUMER)
        public int poll() {
            Object element = ring.poll();
            if (element == null) {
                return 0;
            }
            if (ring.timestampMillis() != (Integer) element) {
                throw new IllegalStateException(element + " has the timestamp of another: " + ring.timestampMillis());
            }
            return (Integer) element;
        }

        @Operation(nonParallelGroup = CONSUMER)
        public boolean isEmpty() {
            return ring.isEmpty();
        }
    }

    @Test
    void aRingIsAQueueInASampleOfInterleavings() {
        interleavings().sequentialSpecification(BoundedQueue.class).check(RingCalls.class);
    }

    @Test
    void aRingIsAQueueToRealThreads() {
        realThreads().sequentialSpecification(BoundedQueue.class).check(RingCalls.class);
    }

    /** Says that there is an element before there is one. */
    @Param(name = "element", gen = IntGen.class, conf = "1:9")
    public static class TooEarlyRing {
        private final int[] elements = new int[2];
        private volatile long produced;
        private volatile long consumed;

        @Operation(nonParallelGroup = PRODUCER)
        public boolean offer(@Param(name = "element") int element) {
            long at = produced;
            if (at - consumed == 2) {
                return false;
            }
            produced = at + 1;
            elements[(int) at & 1] = element;
            return true;
        }

        @Operation(nonParallelGroup = CONSUMER)
        public int poll() {
            long at = consumed;
            if (at == produced) {
                return 0;
            }
            int element = elements[(int) at & 1];
            consumed = at + 1;
            return element;
        }
    }

    @Test
    void aRingThatPublishesBeforeItWritesIsFound() {
        assertThatThrownBy(() -> interleavings()
                        .sequentialSpecification(BoundedQueue.class)
                        .check(TooEarlyRing.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }

    // ---- the mailbox -----------------------------------------------------------------------------------------------

    /**
     * A subtask's mailbox and what wakes its owner up, as {@code Subtask} uses them: mail is posted, then signalled;
     * the owner looks, prepares, and looks once more. It never sleeps here, but goes on as after any other signal.
     */
    public static class MailboxCalls {
        private final Queue<Integer> mailbox = new MpscArrayQueue<>(4);
        private final Wakeup wakeup = new Wakeup();
        private final boolean looksOnceMore;

        public MailboxCalls() {
            this(true);
        }

        MailboxCalls(boolean looksOnceMore) {
            this.looksOnceMore = looksOnceMore;
        }

        @Operation
        public boolean post() {
            boolean accepted = mailbox.offer(1);
            wakeup.signal();
            return accepted;
        }

        @Operation(nonParallelGroup = CONSUMER)
        public boolean takeOrSleep() {
            wakeup.cancel();
            if (mailbox.poll() != null) {
                return true;
            }
            wakeup.prepare();
            if (looksOnceMore && !mailbox.isEmpty()) {
                wakeup.cancel();
                return mailbox.poll() != null;
            }
            return false;
        }

        @Validate
        public void nobodySleepsWhileThereIsMail() {
            if (isAsleep(wakeup) && !mailbox.isEmpty()) {
                throw new IllegalStateException("a signal was lost");
            }
        }
    }

    @Test
    void noMailIsLeftLyingInASampleOfInterleavings() {
        interleavings()
                .threads(3)
                .actorsPerThread(2)
                .verifier(EpsilonVerifier.class)
                .check(MailboxCalls.class);
    }

    @Test
    void noMailIsLeftLyingByRealThreads() {
        realThreads()
                .threads(3)
                .actorsPerThread(2)
                .verifier(EpsilonVerifier.class)
                .check(MailboxCalls.class);
    }

    /** Goes to sleep without another look. */
    public static class RashOwner extends MailboxCalls {
        public RashOwner() {
            super(false);
        }
    }

    @Test
    void anOwnerThatDoesNotLookOnceMoreIsFound() {
        assertThatThrownBy(() -> interleavings()
                        .threads(3)
                        .actorsPerThread(2)
                        .verifier(EpsilonVerifier.class)
                        .check(RashOwner.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a signal was lost");
    }

    // ---- a channel that is full ------------------------------------------------------------------------------------

    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(Integer.class);

    private static final ChannelId ID = new ChannelId(new JobId("job-1"), new Incarnation(1), 1, 0, 0);

    /** Both ends of a channel, of which the producer sleeps when there is no room. */
    public static class ChannelCalls {
        private final Wakeup producer = new Wakeup();
        private final Wakeup consumer = new Wakeup();
        private final LocalChannel channel = new LocalChannel(ID, SERDE, Duration.ofSeconds(1), producer, consumer, 2);
        private final boolean releasesFirst;
        private int emitted; // The producer's.
        private int polled; // The consumer's.

        public ChannelCalls() {
            this(false);
        }

        ChannelCalls(boolean releasesFirst) {
            this.releasesFirst = releasesFirst;
        }

        @Operation(nonParallelGroup = PRODUCER)
        public boolean emitOrSleep() {
            producer.cancel();
            if (tryEmit()) {
                return true;
            }
            producer.prepare();
            if (!channel.isFull()) {
                producer.cancel();
                return tryEmit();
            }
            return false;
        }

        private boolean tryEmit() {
            boolean isTaken = channel.tryEmit((Object) emitted, 0);
            emitted += isTaken ? 1 : 0;
            return isTaken;
        }

        @Operation(nonParallelGroup = CONSUMER)
        public boolean pollAndRelease() {
            if (releasesFirst) {
                channel.release(0);
            }
            boolean isThere = channel.poll() != null;
            polled += isThere ? 1 : 0;
            if (!releasesFirst) {
                channel.release(0);
            }
            return isThere;
        }

        /** Half of it is free: that is when a release wakes the producer up. */
        @Validate
        public void nobodySleepsWhileThereIsRoom() {
            if (isAsleep(producer) && emitted - polled < 2) {
                throw new IllegalStateException("a signal was lost");
            }
        }
    }

    @Test
    void aProducerIsWokenUpWhenThereIsRoomInASampleOfInterleavings() {
        interleavings().verifier(EpsilonVerifier.class).check(ChannelCalls.class);
    }

    @Test
    void aProducerIsWokenUpWhenThereIsRoomByRealThreads() {
        realThreads().verifier(EpsilonVerifier.class).check(ChannelCalls.class);
    }

    /** Says that there is room before it makes some. */
    public static class RashConsumer extends ChannelCalls {
        public RashConsumer() {
            super(true);
        }
    }

    @Test
    void aConsumerThatReleasesBeforeItPollsIsFound() {
        assertThatThrownBy(() -> interleavings().verifier(EpsilonVerifier.class).check(RashConsumer.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a signal was lost");
    }
}
