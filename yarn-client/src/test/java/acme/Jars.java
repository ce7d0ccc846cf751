package acme;

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
import org.jspecify.annotations.Nullable;

/** Puts this package's programs into a jar. */
public final class Jars {
    private static final List<Class<?>> CLASSES = List.of(
            Numbers.class,
            Nowhere.class,
            Programs.class,
            Programs.Good.class,
            Programs.Throwing.class,
            Programs.Forgetful.class,
            Programs.Sinkless.class,
            Programs.Twice.class,
            Programs.Missing.class,
            Programs.Mistyped.class,
            Programs.NoMain.class);

    private Jars() {}

    /** @param mainClass null for a jar whose manifest names none */
    public static Path write(Path file, @Nullable Class<?> mainClass) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        if (mainClass != null) {
            manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, mainClass.getName());
        }
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            for (Class<?> type : CLASSES) {
                String name = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new JarEntry(name));
                try (InputStream in =
                        Objects.requireNonNull(Jars.class.getClassLoader().getResourceAsStream(name))) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return file;
    }
}
