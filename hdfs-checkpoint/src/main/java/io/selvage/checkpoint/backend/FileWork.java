package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/** Stateless. Work with files that another thread does; what fails there is thrown to who waits for it. */
final class FileWork {
    private FileWork() {}

    /** Without a result. */
    interface Action {
        void run() throws IOException;
    }

    /** With one. */
    interface Question<T> {
        T answer() throws IOException;
    }

    static CompletableFuture<Void> begin(Executor files, Action action) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        action.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                files);
    }

    static <T> CompletableFuture<T> ask(Executor files, Question<T> question) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return question.answer();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                files);
    }

    /** That is done already. */
    static CompletableFuture<Void> none() {
        return CompletableFuture.allOf();
    }

    /** Waits for it. */
    static <T> T joined(CompletableFuture<T> work) throws IOException {
        try {
            return work.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException failed) {
                throw failed.getCause();
            }
            throw e;
        }
    }

    /** Waits until it has ended, one way or the other: it uses nothing any more. */
    static void awaitEnd(CompletableFuture<?> work) {
        work.handle((done, failure) -> done).join();
    }
}
