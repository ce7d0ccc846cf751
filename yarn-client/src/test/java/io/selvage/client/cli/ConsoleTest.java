package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleTest {
    private final StringBuilder asked = new StringBuilder();

    private Console console(boolean terminal, Console.@Nullable Keyboard keyboard) {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return new Console(nowhere, nowhere, false, terminal, 100, keyboard);
    }

    private boolean ask(@Nullable String answer) {
        return console(true, question -> {
                    asked.append(question);
                    return answer;
                })
                .ask("Go on? [y/N] ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"y", "Y", "yes", " Yes "})
    void whoeverSaysYesMeansIt(String answer) {
        assertThat(ask(answer)).isTrue();
        assertThat(asked).hasToString("Go on? [y/N] ");
    }

    /** Null: Ctrl-D. */
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"n", "no", "", " ", "yeah", "yn", "ja"})
    void anythingElseIsNo(@Nullable String answer) {
        assertThat(ask(answer)).isFalse();
    }

    @Test
    void nobodyCanBeAskedWithoutATerminal() {
        assertThat(console(false, question -> "y").canAsk()).isFalse();
        assertThat(console(true, null).canAsk()).isFalse();
        assertThat(console(true, null).ask("Go on? ")).isFalse();
        assertThat(console(true, question -> "y").canAsk()).isTrue();
    }

    @Test
    void whatIsTypedUnaskedCountsOnATerminalOnly() {
        Console.Keyboard keyboard = new Console.Keyboard() {
            @Override
            public @Nullable String answer(String question) {
                return null;
            }

            @Override
            public String typed() {
                return " stop ";
            }
        };
        assertThat(console(true, keyboard).typed()).isEqualTo("stop");
        assertThat(console(false, keyboard).typed()).isEmpty();
        assertThat(console(true, null).typed()).isEmpty();
        assertThat(console(true, question -> "y").typed()).isEmpty();
    }
}
