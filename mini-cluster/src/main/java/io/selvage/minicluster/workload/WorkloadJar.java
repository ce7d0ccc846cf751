package io.selvage.minicluster.workload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** A program in a jar of its own, as a user's would be. */
public final class WorkloadJar {
    private WorkloadJar() {}

    /** The program of this package. */
    public static Path write(Path file) throws IOException {
        return write(file, Workload.class);
    }

    /** @param main the program; all classes of its package go into the jar */
    public static Path write(Path file, Class<?> main) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main.getName());
        String folder = main.getPackageName().replace('.', '/') + "/";
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            for (String name : classesBeside(main)) {
                jar.putNextEntry(new JarEntry(folder + name));
                try (InputStream in = Objects.requireNonNull(main.getResourceAsStream(name))) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return file;
    }

    private static List<String> classesBeside(Class<?> main) throws IOException {
        URL own = Objects.requireNonNull(main.getResource(main.getSimpleName() + ".class"));
        try {
            URI uri = own.toURI();
            if (!uri.getScheme().equals("jar")) {
                return classesIn(Path.of(uri).resolveSibling("."));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return classesIn(jar.getPath(main.getPackageName().replace('.', '/')));
            }
        } catch (URISyntaxException e) {
            throw new IOException("The classes beside " + own + " can't be listed.", e);
        }
    }

    private static List<String> classesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class"))
                    .sorted()
                    .toList();
        }
    }
}
