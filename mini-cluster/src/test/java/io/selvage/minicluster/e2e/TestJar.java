package io.selvage.minicluster.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Makes a user's jar of test classes. */
final class TestJar {
    private TestJar() {}

    /** @param classes the first one is the program */
    static Path write(Path file, List<Class<?>> classes) throws IOException {
        return write(file, Attributes.Name.MAIN_CLASS, classes);
    }

    /** @param agent has a {@code premain} */
    static Path writeAgent(Path file, Class<?> agent) throws IOException {
        return write(file, new Attributes.Name("Premain-Class"), List.of(agent));
    }

    private static Path write(Path file, Attributes.Name role, List<Class<?>> classes) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(role, classes.get(0).getName());
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            for (Class<?> type : classes) {
                String name = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new JarEntry(name));
                try (InputStream in =
                        Objects.requireNonNull(type.getClassLoader().getResourceAsStream(name))) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return file;
    }
}
