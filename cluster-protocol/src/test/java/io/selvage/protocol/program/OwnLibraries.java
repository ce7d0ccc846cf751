package io.selvage.protocol.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** A jar, compiled for the test, with classes of libraries of Selvage's that have other methods than Selvage's. */
final class OwnLibraries {
    static final String SERVICE = "com.google.common.base.Greeter";

    private static final Map<String, String> SOURCES = Map.of(
            "com/google/common/base/Strings.java", """
            package com.google.common.base;
            public final class Strings {
                public static String whose() { return "the program's guava"; }
            }
            """,
            "com/google/protobuf/Message.java", """
            package com.google.protobuf;
            public final class Message {
                public static String whose() { return "the program's protobuf"; }
            }
            """,
            "com/google/common/base/Greeter.java", """
            package com.google.common.base;
            public interface Greeter {
                final class Own implements Greeter {}
            }
            """,
            "org/slf4j/Logger.java", """
            package org.slf4j;
            public interface Logger {}
            """,
            "acme/Uses.java", """
            package acme;
            public final class Uses {
                public static String guava() { return com.google.common.base.Strings.whose(); }
                public static String protobuf() { return com.google.protobuf.Message.whose(); }
                public static Object strings(Object given) { return (com.google.common.base.Strings) given; }
            }
            """);

    private OwnLibraries() {}

    static Path jar(Path directory) throws IOException {
        Path sources = Files.createDirectory(directory.resolve("sources"));
        Path classes = Files.createDirectory(directory.resolve("classes"));
        for (Map.Entry<String, String> source : SOURCES.entrySet()) {
            Path file = sources.resolve(source.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, source.getValue());
        }
        Stream<String> options = Stream.of("-proc:none", "-cp", classes.toString(), "-d", classes.toString());
        String[] arguments = Stream.concat(
                        options,
                        SOURCES.keySet().stream()
                                .map(name -> sources.resolve(name).toString()))
                .toArray(String[]::new);
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        if (ToolProvider.getSystemJavaCompiler().run(null, messages, messages, arguments) != 0) {
            throw new IllegalStateException(messages.toString());
        }
        Path services = Files.createDirectories(classes.resolve("META-INF/services"));
        Files.writeString(services.resolve(SERVICE), SERVICE + "$Own\n");
        return zip(classes, directory.resolve("program.jar"));
    }

    private static Path zip(Path folder, Path jar) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            for (Path file : files) {
                entries.putNextEntry(new JarEntry(folder.relativize(file).toString()));
                Files.copy(file, entries);
                entries.closeEntry();
            }
        }
        return jar;
    }
}
