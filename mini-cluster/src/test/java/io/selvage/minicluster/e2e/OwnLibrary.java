package io.selvage.minicluster.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;

/**
 * A program that brings a class of a library of Selvage's, with a method that Selvage's has not. Arguments: input,
 * output; each line becomes what that method says.
 */
final class OwnLibrary {
    static final String SAYS = "the program's own";

    private static final String LIBRARY = """
            package com.google.common.base;
            public final class Strings {
                public static String whose() { return "%s"; }
            }
            """.formatted(SAYS);
    private static final String PROGRAM = """
            package acme;
            import io.selvage.api.StreamEnvironment;
            import io.selvage.api.function.MapFunction;
            import io.selvage.connector.file.FileSink;
            import io.selvage.connector.file.FileSource;
            public final class Owner {
                public static void main(String[] arguments) {
                    StreamEnvironment env = StreamEnvironment.create();
                    env.from(FileSource.text(arguments[0]), "lines")
                            .map(new Ask())
                            .sinkTo(FileSink.text(arguments[1]), "answers");
                    env.execute("owner");
                }
                public static final class Ask implements MapFunction<String, String> {
                    @Override
                    public String map(String line) { return com.google.common.base.Strings.whose(); }
                }
            }
            """;

    private OwnLibrary() {}

    /** Compiled in the directory, which it is left in. */
    static Path jar(Path directory) throws IOException {
        Path classes = Files.createDirectory(directory.resolve("own-classes"));
        Path program = Files.writeString(directory.resolve("Owner.java"), PROGRAM);
        Path library = Files.writeString(directory.resolve("Strings.java"), LIBRARY);
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        messages,
                        messages,
                        "-proc:none",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "-d",
                        classes.toString(),
                        program.toString(),
                        library.toString());
        if (failed != 0) {
            throw new IllegalStateException(messages.toString());
        }
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "acme.Owner");
        Path jar = directory.resolve("own-library.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out, manifest)) {
            for (String name :
                    List.of("acme/Owner.class", "acme/Owner$Ask.class", "com/google/common/base/Strings.class")) {
                entries.putNextEntry(new JarEntry(name));
                Files.copy(classes.resolve(name), entries);
                entries.closeEntry();
            }
        }
        return jar;
    }
}
