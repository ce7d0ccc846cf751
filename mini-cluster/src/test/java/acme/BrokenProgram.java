package acme;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.file.FileSource;

/** Describes jobs that can't run. */
public final class BrokenProgram {
    private BrokenProgram() {}

    /** @param arguments what is wrong, input, output */
    public static void main(String[] arguments) {
        StreamEnvironment env = StreamEnvironment.create();
        switch (arguments[0]) {
            case "no sink" -> env.from(FileSource.text(arguments[1]), "lines").map(String::strip);
            case "no uid" ->
                env.from(FileSource.text(arguments[1]), "lines")
                        .keyBy(line -> line)
                        .process(new Count())
                        .sinkTo(FileSink.text(arguments[2]), "counts");
            default -> throw new IllegalArgumentException("unknown: " + arguments[0]);
        }
        env.execute(arguments[0]);
    }

    /** Would count, if it were let. */
    public static final class Count extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String line, Context<String> context, Collector<String> out) {
            out.collect(line);
        }
    }
}
