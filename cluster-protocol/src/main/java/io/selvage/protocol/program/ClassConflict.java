package io.selvage.protocol.program;

import io.selvage.protocol.config.ClassLoaderOrder;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.failure.Causes;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the JVM says of two versions of one class, in words that say what to do about it. Stateless. */
public final class ClassConflict {
    /** The JVM's own sentence; only the loaders, which come after it, differ. */
    private static final Pattern CAST = Pattern.compile("class (\\S+) cannot be cast to class (\\S+) .*");
    /** {@code 'void com.acme.Rules.apply(int)'}, of which the class is wanted. */
    private static final Pattern METHOD = Pattern.compile("'?(?:\\S+ )?([\\w.$]+)\\.[\\w$<>]+\\(.*");

    private ClassConflict() {}

    /**
     * What to do about it, in whole sentences, if it or one of its causes is such a conflict.
     *
     * @param loader of the program; if it is none of Selvage's for programs there is no conflict
     */
    public static Optional<String> remedy(Throwable thrown, @Nullable ClassLoader loader) {
        if (!(loader instanceof ProgramClassLoader program)) {
            return Optional.empty();
        }
        return Causes.of(thrown).stream()
                .flatMap(cause -> remedyOf(cause, program).stream())
                .findFirst();
    }

    private static Optional<String> remedyOf(Throwable thrown, ProgramClassLoader program) {
        String message = String.valueOf(thrown.getMessage());
        if (thrown instanceof ClassCastException) {
            Matcher cast = CAST.matcher(message);
            return cast.matches() && cast.group(1).equals(cast.group(2))
                    ? Optional.of(ofTwins(cast.group(1)))
                    : Optional.empty();
        }
        if (thrown instanceof NoSuchMethodError) {
            Matcher method = METHOD.matcher(message);
            return method.matches() ? Optional.of(ofVersions(method.group(1), program)) : Optional.empty();
        }
        return Optional.empty();
    }

    private static String ofTwins(String name) {
        return "The program's jar has a class " + name + ", Selvage has one too, and the two have met. Leave it out of"
                + " the jar (in Maven: the scope provided), or set "
                + JobConfig.CLASSLOADER_SHARED_PACKAGES.name() + "=" + packageOf(name)
                + " so that both take Selvage's.";
    }

    private static String ofVersions(String name, ProgramClassLoader program) {
        String met = "What was called was built against another version of " + name + " than the one that was found, ";
        if (isOwn(name, program)) {
            return met + "which is in the program's jar. Give the jar the version that all of its libraries agree on"
                    + " (in Maven: dependency:tree shows who wants which).";
        }
        if (program.isShared(name)) {
            return met + "which is Selvage's, as it is for every program. Build the program against that version.";
        }
        String child = JobConfig.CLASSLOADER_ORDER.name() + "=child-first";
        return program.loading().order() == ClassLoaderOrder.PARENT_FIRST
                ? met + "which is Selvage's. Put the version that the program needs into its jar, and set " + child
                        + "."
                : met + "which is Selvage's, as the program's jar has none. Put the version that the program needs into"
                        + " its jar.";
    }

    private static boolean isOwn(String name, ProgramClassLoader program) {
        try {
            return Class.forName(name, false, program).getClassLoader() == program;
        } catch (ClassNotFoundException | LinkageError unloadable) {
            return false;
        }
    }

    private static String packageOf(String name) {
        int end = name.lastIndexOf('.');
        return end < 0 ? name : name.substring(0, end);
    }
}
