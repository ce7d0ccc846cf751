package io.selvage.api;

import io.selvage.api.function.CoGroupFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.JoinFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.OpenContext;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.type.EitherSerde;
import io.selvage.api.type.EitherSerde.Either;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.WindowAssigner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Two streams whose elements meet by key and window:
 * {@code first.join(second).where(key).equalTo(key).window(windows).apply(function)}. They are one keyed stream with
 * windows of all elements, whatever the kind of window.
 */
public final class JoinedStreams<A, B> {
    private final DataStream<A> first;
    private final DataStream<B> second;

    JoinedStreams(DataStream<A> first, DataStream<B> second) {
        this.first = first;
        this.second = second;
    }

    /** The key of elements of the first stream. */
    @SuppressWarnings("unchecked")
    public <K> Where<K> where(KeySelector<A, K> key) {
        return where(key, (Serde<K>) Types.resultOf(key, KeySelector.class, 1, "where of " + describe()));
    }

    public <K> Where<K> where(KeySelector<A, K> key, Serde<K> keySerde) {
        return new Where<>(key, keySerde);
    }

    private String describe() {
        return "the join of " + first.describe() + " and " + second.describe();
    }

    /** The first stream has its key. */
    public final class Where<K> {
        private final KeySelector<A, K> firstKey;
        private final Serde<K> keySerde;

        private Where(KeySelector<A, K> firstKey, Serde<K> keySerde) {
            this.firstKey = firstKey;
            this.keySerde = keySerde;
        }

        /** The key of elements of the second stream. */
        public EqualTo<K> equalTo(KeySelector<B, K> secondKey) {
            return new EqualTo<>(firstKey, secondKey, keySerde);
        }
    }

    /** Both streams have their keys. */
    public final class EqualTo<K> {
        private final KeySelector<A, K> firstKey;
        private final KeySelector<B, K> secondKey;
        private final Serde<K> keySerde;

        private EqualTo(KeySelector<A, K> firstKey, KeySelector<B, K> secondKey, Serde<K> keySerde) {
            this.firstKey = firstKey;
            this.secondKey = secondKey;
            this.keySerde = keySerde;
        }

        public Windowed<K> window(WindowAssigner windows) {
            EitherSerde<A, B> serde = new EitherSerde<>(first.serde(), second.serde());
            DataStream<Either> all = first.<Either>map(element -> new Either(false, element), serde)
                    .union(second.<Either>map(element -> new Either(true, element), serde));
            KeySelector<A, K> ofFirst = firstKey;
            KeySelector<B, K> ofSecond = secondKey;
            return new Windowed<>(all.keyBy(keyOf(ofFirst, ofSecond), keySerde).window(windows));
        }
    }

    @SuppressWarnings("unchecked")
    private static <A, B, K> KeySelector<Either, K> keyOf(KeySelector<A, K> first, KeySelector<B, K> second) {
        return either -> either.isSecond() ? second.key((B) either.value()) : first.key((A) either.value());
    }

    /** And they have their windows. */
    public final class Windowed<K> {
        private final WindowedStream<Either, K> windowed;

        private Windowed(WindowedStream<Either, K> windowed) {
            this.windowed = windowed;
        }

        /** As {@link WindowedStream#trigger}. */
        public Windowed<K> trigger(Trigger<Object> trigger) {
            windowed.trigger(trigger);
            return this;
        }

        /** As {@link WindowedStream#allowedLateness}. */
        public Windowed<K> allowedLateness(Duration lateness) {
            windowed.allowedLateness(lateness);
            return this;
        }

        /** For each two elements of both streams that have a key and a window in common. */
        @SuppressWarnings("unchecked")
        public <O> DataStream<O> apply(JoinFunction<A, B, O> function) {
            return apply(
                    function, (Serde<O>) Types.resultOf(function, JoinFunction.class, 2, "apply of " + describe()));
        }

        public <O> DataStream<O> apply(JoinFunction<A, B, O> function, Serde<O> type) {
            return windowed.process(new CoGrouping<>(new Pairing<>(function)), type)
                    .name("window join");
        }

        /** For each key and window of which at least one of the streams has elements. */
        @SuppressWarnings("unchecked")
        public <O> DataStream<O> apply(CoGroupFunction<A, B, O> function) {
            return apply(
                    function, (Serde<O>) Types.argument(function, CoGroupFunction.class, 2, "apply of " + describe()));
        }

        public <O> DataStream<O> apply(CoGroupFunction<A, B, O> function, Serde<O> type) {
            return windowed.process(new CoGrouping<>(function), type).name("window co-group");
        }
    }

    /** A join is what both have of each other. */
    private record Pairing<A, B, O>(JoinFunction<A, B, O> function) implements CoGroupFunction<A, B, O> {
        @Override
        public void open(OpenContext context) throws Exception {
            function.open(context);
        }

        @Override
        public void coGroup(
                Iterable<A> first, Iterable<B> second, ProcessWindowFunction.Context context, Collector<O> out)
                throws Exception {
            for (A one : first) {
                for (B other : second) {
                    out.collect(function.join(one, other));
                }
            }
        }

        @Override
        public void close() throws Exception {
            function.close();
        }
    }

    private static final class CoGrouping<K, A, B, O> extends ProcessWindowFunction<K, Either, O> {
        private static final long serialVersionUID = 1L;

        private final CoGroupFunction<A, B, O> function;

        CoGrouping(CoGroupFunction<A, B, O> function) {
            this.function = function;
        }

        @Override
        public void open(OpenContext context) throws Exception {
            function.open(context);
        }

        @Override
        @SuppressWarnings("unchecked")
        public void process(K key, Context context, Iterable<Either> elements, Collector<O> out) throws Exception {
            List<A> ofFirst = new ArrayList<>();
            List<B> ofSecond = new ArrayList<>();
            for (Either each : elements) {
                if (each.isSecond()) {
                    ofSecond.add((B) each.value());
                } else {
                    ofFirst.add((A) each.value());
                }
            }
            function.coGroup(ofFirst, ofSecond, context, out);
        }

        @Override
        public void close() throws Exception {
            function.close();
        }
    }
}
