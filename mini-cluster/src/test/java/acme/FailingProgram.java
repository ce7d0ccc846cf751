package acme;

import io.selvage.api.StreamEnvironment;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.file.FileSource;

/** Copies lines, and breaks at the first that holds a word. */
public final class FailingProgram {
    private FailingProgram() {}

    /** @param arguments input, output, the word */
    public static void main(String[] arguments) {
        String word = arguments[2];
        StreamEnvironment env = StreamEnvironment.create();
        env.from(FileSource.text(arguments[0]), "lines")
                .map(line -> refuse(line, word))
                .name("breakfast")
                .sinkTo(FileSink.text(arguments[1]), "copy");
        env.execute("failing");
    }

    private static String refuse(String line, String word) {
        if (line.contains(word)) {
            throw new IllegalStateException("no breakfast for " + word, new ArithmeticException("0 eggs"));
        }
        return line;
    }
}
