package io.selvage.api.graph;

import io.selvage.api.function.Collector;
import io.selvage.api.function.Function;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.function.WindowFunction;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a window's result becomes. */
public sealed interface WindowResult<K, R, O> extends Serializable {
    void emit(K key, ProcessWindowFunction.Context context, R result, Collector<O> out) throws Exception;

    /** The user's; null: there is none. */
    @Nullable
    Function function();

    /** It is what is emitted. */
    record Plain<K, R>() implements WindowResult<K, R, R> {
        @Override
        public void emit(K key, ProcessWindowFunction.Context context, R result, Collector<R> out) {
            out.collect(result);
        }

        @Override
        public @Nullable Function function() {
            return null;
        }
    }

    record Applied<K, R, O>(WindowFunction<K, R, O> function) implements WindowResult<K, R, O> {
        @Override
        public void emit(K key, ProcessWindowFunction.Context context, R result, Collector<O> out) throws Exception {
            out.collect(function.apply(key, context.window(), result));
        }
    }

    record Processed<K, R, O>(ProcessWindowFunction<K, R, O> function) implements WindowResult<K, R, O> {
        @Override
        public void emit(K key, ProcessWindowFunction.Context context, R result, Collector<O> out) throws Exception {
            function.process(key, context, List.of(result), out);
        }
    }

    /** The result is all elements. */
    record ProcessedAll<K, I, O>(ProcessWindowFunction<K, I, O> function) implements WindowResult<K, List<I>, O> {
        @Override
        public void emit(K key, ProcessWindowFunction.Context context, List<I> result, Collector<O> out)
                throws Exception {
            function.process(key, context, result, out);
        }
    }
}
