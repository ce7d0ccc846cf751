package io.selvage.task.operator;

import io.selvage.api.function.Function;

/** Opens users' functions. */
final class Functions {
    private Functions() {}

    static void open(Function function, OperatorContext context) {
        try {
            function.open(context);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "in open()");
        }
    }
}
