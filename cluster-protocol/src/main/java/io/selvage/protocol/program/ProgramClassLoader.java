package io.selvage.protocol.program;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads a user's program: its own jars come first, so that it may bring other versions of libraries than Selvage has;
 * what both must share, the API above all, comes from Selvage. Safe for use by many threads.
 */
public final class ProgramClassLoader extends URLClassLoader {
    /** Packages whose classes are Selvage's, where it has them. */
    private static final List<String> SHARED =
            List.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "io.selvage.", "org.slf4j.", "org.apache.hadoop.");

    static {
        registerAsParallelCapable();
    }

    /** @param name for stack traces: the job's id, or the jar's name */
    public ProgramClassLoader(String name, List<URL> jars, ClassLoader parent) {
        super(name, jars.toArray(new URL[0]), parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (SHARED.stream().anyMatch(name::startsWith)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                loaded = findOwnOrParents(name);
            }
            if (resolve) {
                resolveClass(loaded);
            }
            return loaded;
        }
    }

    private Class<?> findOwnOrParents(String name) throws ClassNotFoundException {
        try {
            return findClass(name);
        } catch (ClassNotFoundException notInTheProgram) {
            return super.loadClass(name, false);
        }
    }

    @Override
    public @Nullable URL getResource(String name) {
        URL own = findResource(name);
        return own != null ? own : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        List<URL> found = new ArrayList<>(Collections.list(findResources(name)));
        ClassLoader parent = getParent();
        if (parent != null) {
            found.addAll(Collections.list(parent.getResources(name)));
        }
        return Collections.enumeration(found);
    }
}
