package io.selvage.api;

import io.selvage.api.function.CoFlatMapFunction;
import io.selvage.api.function.CoMapFunction;
import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.OpenContext;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Types;

/** Two streams of which one step reads both, each at an input of its own. */
abstract class Connected<A, B> {
    /** A step that reads both. */
    abstract <O> DataStream<O> then(String name, OperatorDefinition definition, Serde<O> output);

    abstract String describe();

    public <O> DataStream<O> map(CoMapFunction<A, B, O> function) {
        return map(function, this.<O>resultOf(function, CoMapFunction.class, 2, "map"));
    }

    public <O> DataStream<O> map(CoMapFunction<A, B, O> function, Class<O> type) {
        return map(function, given(type, "map"));
    }

    public <O> DataStream<O> map(CoMapFunction<A, B, O> function, Serde<O> type) {
        return then("map", new OperatorDefinition.CoProcess<>(new Mapping<>(function)), type);
    }

    public <O> DataStream<O> flatMap(CoFlatMapFunction<A, B, O> function) {
        return flatMap(function, this.<O>resultOf(function, CoFlatMapFunction.class, 2, "flatMap"));
    }

    public <O> DataStream<O> flatMap(CoFlatMapFunction<A, B, O> function, Class<O> type) {
        return flatMap(function, given(type, "flatMap"));
    }

    public <O> DataStream<O> flatMap(CoFlatMapFunction<A, B, O> function, Serde<O> type) {
        return then("flatMap", new OperatorDefinition.CoProcess<>(new FlatMapping<>(function)), type);
    }

    @SuppressWarnings("unchecked")
    final <O> Serde<O> resultOf(Object function, Class<?> declared, int argument, String step) {
        return (Serde<O>) Types.argument(function, declared, argument, step + " after " + describe());
    }

    final <O> Serde<O> given(Class<O> type, String step) {
        return Types.of(type, step + " after " + describe());
    }

    private static final class Mapping<A, B, O> extends CoProcessFunction<A, B, O> {
        private static final long serialVersionUID = 1L;

        private final CoMapFunction<A, B, O> function;

        Mapping(CoMapFunction<A, B, O> function) {
            this.function = function;
        }

        @Override
        public void open(OpenContext context) throws Exception {
            function.open(context);
        }

        @Override
        public void process1(A element, Context context, Collector<O> out) throws Exception {
            out.collect(notNull(function.map1(element)));
        }

        @Override
        public void process2(B element, Context context, Collector<O> out) throws Exception {
            out.collect(notNull(function.map2(element)));
        }

        private static <O> O notNull(O result) {
            if (result == null) {
                throw new NullPointerException("the function returned null");
            }
            return result;
        }

        @Override
        public void close() throws Exception {
            function.close();
        }
    }

    private static final class FlatMapping<A, B, O> extends CoProcessFunction<A, B, O> {
        private static final long serialVersionUID = 1L;

        private final CoFlatMapFunction<A, B, O> function;

        FlatMapping(CoFlatMapFunction<A, B, O> function) {
            this.function = function;
        }

        @Override
        public void open(OpenContext context) throws Exception {
            function.open(context);
        }

        @Override
        public void process1(A element, Context context, Collector<O> out) throws Exception {
            function.flatMap1(element, out);
        }

        @Override
        public void process2(B element, Context context, Collector<O> out) throws Exception {
            function.flatMap2(element, out);
        }

        @Override
        public void close() throws Exception {
            function.close();
        }
    }
}
