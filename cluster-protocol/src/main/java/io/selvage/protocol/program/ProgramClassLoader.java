package io.selvage.protocol.program;

import io.selvage.protocol.config.ClassLoaderOrder;
import io.selvage.protocol.config.ClassLoading;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Loads a user's program, whose jars come before Selvage's or after them as its settings say; what both must share, the
 * API above all, comes from Selvage in any case. Safe for use by many threads.
 */
public final class ProgramClassLoader extends URLClassLoader {
    /**
     * Packages whose classes are Selvage's, where it has them. Two kinds of what is logged to, or of XML, never meet.
     */
    private static final List<String> SHARED = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "org.w3c.dom.",
            "org.xml.sax.",
            "io.selvage.",
            "org.apache.hadoop.",
            "org.slf4j.",
            "org.apache.log4j.",
            "org.apache.logging.",
            "org.apache.commons.logging.",
            "ch.qos.logback.");

    private static final String SERVICES = "META-INF/services/";

    static {
        registerAsParallelCapable();
    }

    private final ClassLoading loading;
    private final Queue<Class<?>> own = new ConcurrentLinkedQueue<>(); // In the order in which they were loaded.

    /** @param name for stack traces: the job's id, or the jar's name */
    public ProgramClassLoader(String name, List<URL> jars, ClassLoading loading, ClassLoader parent) {
        super(name, jars.toArray(new URL[0]), parent);
        this.loading = loading;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!isOwnFirst(name)) {
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

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        Class<?> found = super.findClass(name);
        own.add(found);
        return found;
    }

    /** The program's own classes that have been loaded so far, the first one first. */
    public List<Class<?>> ownClasses() {
        return List.copyOf(own);
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
        URL own = isChildFirst() ? findResource(name) : null;
        return own != null ? own : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        if (!isChildFirst()) {
            return super.getResources(name);
        }
        List<URL> found = new ArrayList<>(Collections.list(findResources(name)));
        ClassLoader parent = getParent();
        if (parent != null && !isListOfOwnService(name)) {
            found.addAll(Collections.list(parent.getResources(name)));
        }
        return Collections.enumeration(found);
    }

    /** Selvage's providers of a service of the same name don't implement the one that the program brings. */
    private boolean isListOfOwnService(String resource) {
        if (!resource.startsWith(SERVICES)) {
            return false;
        }
        String service = resource.substring(SERVICES.length());
        return isOwnFirst(service) && findResource(service.replace('.', '/') + ".class") != null;
    }

    ClassLoading loading() {
        return loading;
    }

    private boolean isChildFirst() {
        return loading.order() == ClassLoaderOrder.CHILD_FIRST;
    }

    private boolean isOwnFirst(String className) {
        return isChildFirst() && !isShared(className);
    }

    boolean isShared(String className) {
        return SHARED.stream().anyMatch(className::startsWith)
                || loading.sharedPackages().stream().anyMatch(className::startsWith);
    }
}
