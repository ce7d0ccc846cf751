package io.selvage.client.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** A program that brings a class of a library of Selvage's, with another method than Selvage's has. */
final class OwnGuava {
    private static final Map<String, String> SOURCES = Map.of(
            "com/google/common/base/Strings.java", """
            package com.google.common.base;
            public final class Strings {
                public static String whose() { return "the program's own"; }
            }
            """,
            "acme/UsesOwn.java", """
            package acme;
            public final class UsesOwn {
                public static void main(String[] arguments) {
                    String name = com.google.common.base.Strings.whose();
                    io.selvage.api.StreamEnvironment env = io.selvage.api.StreamEnvironment.create();
                    env.from(new Numbers(false), "numbers").sinkTo(new Nowhere(), "nowhere");
                    env.execute(name);
                }
            }
            """);

    private OwnGuava() {}

    /** Compiled in the directory, which it is left in. */
    static Path jar(Path directory, String name) throws IOException {
        Path sources = Files.createDirectory(directory.resolve(name + "-sources"));
        Path classes = Files.createDirectory(directory.resolve(name + "-classes"));
        for (Map.Entry<String, String> source : SOURCES.entrySet()) {
            Path file = sources.resolve(source.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, source.getValue());
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int failed = compiler.run(
                null,
                messages,
                messages,
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                sources.resolve("acme/UsesOwn.java").toString(),
                sources.resolve("com/google/common/base/Strings.java").toString());
        if (failed != 0) {
            throw new IllegalStateException(messages.toString());
        }
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "acme.UsesOwn");
        Path jar = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out, manifest)) {
            for (String compiled : List.of("acme/UsesOwn.class", "com/google/common/base/Strings.class")) {
                entries.putNextEntry(new JarEntry(compiled));
                Files.copy(classes.resolve(compiled), entries);
                entries.closeEntry();
            }
            for (String shared : List.of("acme/Numbers.class", "acme/Nowhere.class")) {
                entries.putNextEntry(new JarEntry(shared));
                try (InputStream in =
                        Objects.requireNonNull(OwnGuava.class.getClassLoader().getResourceAsStream(shared))) {
                    in.transferTo(entries);
                }
                entries.closeEntry();
            }
        }
        return jar;
    }
}
