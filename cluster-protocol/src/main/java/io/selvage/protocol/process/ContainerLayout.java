package io.selvage.protocol.process;

import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a container's working directory holds what, as session.proto says; pure. */
public final class ContainerLayout {
    /** The session's description. */
    public static final String SPEC = "selvage-session.pb";
    /** Of the session's description: the one that is written, and the only one that is understood. */
    public static final int SPEC_FORMAT = 1;
    /** The keys with which the master logs in; in its working directory alone. */
    public static final String KEYTAB = "selvage-master.keytab";
    /** Ours and others' jars: an archive that YARN has unpacked. */
    public static final String LIBRARIES = "lib";

    private static final String CONFIGURATION = "hadoop-conf";
    private static final String USER_JARS = "user-jars";

    /** What the session, its processes or YARN put there themselves. */
    private static final Pattern OWN = Pattern.compile(LIBRARIES + "|" + CONFIGURATION + "|" + USER_JARS
            + "|selvage-.*|tmp|programs|state|sysfs|(archived-)?classes\\.list|container_tokens|\\..*\\.crc|\\.|\\.\\."
            + "|(launch_container|default_container_executor|default_container_executor_session|docker-command)\\.sh");

    private ContainerLayout() {}

    /** A file of {@link SessionSpec#getHadoopConfList}. */
    public static String configurationFile(String name) {
        return CONFIGURATION + "/" + name;
    }

    /**
     * What a node puts into a working directory.
     *
     * @param name there; of an archive that of the directory that it is unpacked to
     * @param isOfSession no other session has it
     */
    public record Localized(String name, LibraryFile file, boolean isArchive, boolean isOfSession) {
        public Sharing sharing() {
            if (isOfSession) {
                return Sharing.APPLICATION;
            }
            return file.getForAll() ? Sharing.PUBLIC : Sharing.PRIVATE;
        }
    }

    /** For whom a node keeps what it has fetched, by the names that YARN has for it. */
    public enum Sharing {
        /** For the one application. */
        APPLICATION,
        /** For all applications of the user's. */
        PRIVATE,
        /** For all users. */
        PUBLIC
    }

    /**
     * What every process of a session gets.
     *
     * @param specFile where the session's description lies
     */
    public static List<Localized> files(SessionSpec spec, LibraryFile specFile) {
        List<Localized> files = new ArrayList<>();
        files.add(new Localized(SPEC, specFile, false, true));
        files.add(new Localized(LIBRARIES, spec.getLibraryArchive(), true, false));
        if (spec.hasClassArchive()) {
            files.add(new Localized(ClassArchive.DIRECTORY, spec.getClassArchive(), true, false));
        }
        spec.getHadoopConfList()
                .forEach(file -> files.add(new Localized(configurationFile(file.getName()), file, false, false)));
        spec.getShippedFileList().forEach(file -> files.add(new Localized(file.getName(), file, false, false)));
        spec.getShippedFolderList().forEach(folder -> files.add(new Localized(folder.getName(), folder, true, false)));
        return files;
    }

    /** What executors get beside: a master never loads what a user wrote. */
    public static List<Localized> userJars(SessionSpec spec) {
        return spec.getUserJarList().stream()
                .map(jar -> new Localized(userJar(jar.getName()), jar, false, false))
                .toList();
    }

    /** A file of {@link SessionSpec#getUserJarList}. */
    public static String userJar(String name) {
        return USER_JARS + "/" + name;
    }

    /** Whether a file of the user's of that name would be in the way of another. */
    public static boolean isTaken(String name) {
        return OWN.matcher(name).matches();
    }

    /**
     * Every jar by its name, in one order for all: an archive of classes is for what a class path begins with, and
     * knows no directories and no stars. So what is the same on all nodes comes first.
     */
    public static String classPath(SessionSpec spec) {
        return Stream.concat(
                        spec.getClassPathList().stream().map(name -> LIBRARIES + "/" + name),
                        spec.getHadoopConfList().stream().map(file -> configurationFile(file.getName())))
                .collect(Collectors.joining(":"));
    }

    /** The libraries of a class path that begins with them, as {@link #classPath} does. */
    static String librariesOf(String classPath) {
        return Stream.of(classPath.split(":"))
                .takeWhile(entry -> entry.startsWith(LIBRARIES + "/"))
                .collect(Collectors.joining(":"));
    }
}
